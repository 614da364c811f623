package chart

import (
	"html"
	"io"
	"text/template"
)

// The picture has a ground of its own in each of the two schemes: a page's may be the other one.
var picture = template.Must(template.New("chart").Funcs(template.FuncMap{"x": html.EscapeString}).Parse(
	`<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{{.Width}}" height="{{.Height}}" viewBox="0 0 {{.Width}} {{.Height}}">
<title>{{x .Title}}</title>
<desc>{{x .About}}</desc>
<style>
svg { --ground: #ffffff; --ink: #1f2328; --dim: #59636e; --grid: #d8dee4; --ours: #2a78d6; --rival: #aeb6bf; }
@media (prefers-color-scheme: dark) {
svg { --ground: #0d1117; --ink: #e6edf3; --dim: #9198a1; --grid: #30363d; --ours: #4493f8; --rival: #656c76; }
}
text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--ink); }
.ground { fill: var(--ground); stroke: var(--grid); }
.title { font-size: 17px; font-weight: 600; }
.head { font-size: 14px; font-weight: 600; }
.dim, .tick { font-size: 12px; fill: var(--dim); }
.tick { text-anchor: middle; }
.ours-name, .rival-name { text-anchor: end; }
.ours-name { font-weight: 600; }
.value { font-variant-numeric: tabular-nums; }
.ours { fill: var(--ours); }
.rival { fill: var(--rival); }
.grid { stroke: var(--grid); }
.range { stroke: var(--ink); stroke-width: 1.2; }
</style>
<rect class="ground" x="0.5" y="0.5" width="{{.InnerWidth}}" height="{{.InnerHeight}}" rx="6"/>
{{range .Lines}}{{if eq .Class "grid"}}<line class="grid" x1="{{.X1}}" y1="{{.Y1}}" x2="{{.X2}}" y2="{{.Y2}}"/>
{{end}}{{end}}{{range .Bars}}<rect class="{{.Class}}" x="{{.X}}" y="{{.Y}}" width="{{.W}}" height="{{.H}}"/>
{{end}}{{range .Lines}}{{if eq .Class "range"}}<line class="range" x1="{{.X1}}" y1="{{.Y1}}" x2="{{.X2}}" y2="{{.Y2}}"/>
{{end}}{{end}}{{range .Dots}}<circle class="{{.Class}}" cx="{{.X}}" cy="{{.Y}}" r="5"/>
{{end}}{{range .Texts}}<text class="{{.Class}}" x="{{.X}}" y="{{.Y}}">{{x .S}}</text>
{{end}}</svg>
`))

func (d *drawing) InnerWidth() int  { return d.Width - 1 }
func (d *drawing) InnerHeight() int { return d.Height - 1 }

// WriteSVG draws the chart. The same chart is the same text.
func WriteSVG(w io.Writer, c *Chart) error {
	return picture.Execute(w, layout(c))
}
