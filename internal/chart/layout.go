package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Sizes, in pixels.
const (
	width      = 860
	margin     = 16
	labelRight = 290 // labels of rows end here
	barLeft    = 300
	barRight   = 710 // the rest is for the figure behind a bar
	lineHeight = 22
	barHeight  = 12
)

// A drawing is what the template writes: all is placed and formatted.
type drawing struct {
	Width, Height int
	Title         string
	About         string // for readers who do not see the picture
	Texts         []text
	Lines         []line
	Bars          []bar
	Dots          []dot
}

type text struct {
	X, Y  string
	Class string
	S     string
}

type line struct {
	X1, Y1, X2, Y2 string
	Class          string
}

type bar struct {
	X, Y, W, H string
	Class      string
}

type dot struct {
	X, Y  string
	Class string
}

func (d *drawing) text(x, y float64, class, s string) {
	d.Texts = append(d.Texts, text{px(x), px(y), class, s})
}

func (d *drawing) line(x1, y1, x2, y2 float64, class string) {
	d.Lines = append(d.Lines, line{px(x1), px(y1), px(x2), px(y2), class})
}

// px writes a coordinate. One decimal is enough, and hides what processors compute differently.
func px(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// layout places the chart.
func layout(c *Chart) *drawing {
	d := &drawing{Width: width, Title: c.Title}
	y := 28.0
	d.text(margin, y, "title", c.Title)
	for _, s := range c.Place {
		y += 18
		d.text(margin, y, "dim", s)
	}
	y += 22
	d.legend(y)
	var about []string
	for i := range c.Panels {
		y = d.panel(&c.Panels[i], y)
		about = append(about, c.Panels[i].about())
	}
	d.About = strings.Join(about, " ")
	d.Height = int(y) + margin
	return d
}

// legend explains colours and whiskers.
func (d *drawing) legend(y float64) {
	x := float64(margin)
	for _, entry := range []struct {
		class, name string
		width       float64
	}{{"ours", "this module", 110}, {"rival", "what it is compared with", 190}} {
		d.Bars = append(d.Bars, bar{px(x), px(y - 10), px(14), px(barHeight), entry.class})
		d.text(x+20, y, "label", entry.name)
		x += entry.width
	}
	d.whisker(x, x+30, y-4)
	d.text(x+38, y, "label", "least to most of the rounds")
}

// whisker draws a range. One that leaves the axis ends there, in an arrow.
func (d *drawing) whisker(x1, x2, y float64) {
	x1 = min(x1, barRight)
	d.line(x1, y-4, x1, y+4, "range")
	if x2 > barRight+0.5 {
		x2 = barRight
		d.line(x2-5, y-4, x2, y, "range")
		d.line(x2-5, y+4, x2, y, "range")
	} else {
		d.line(x2, y-4, x2, y+4, "range")
	}
	d.line(x1, y, x2, y, "range")
}

// panel places a panel below y and returns where it ends.
func (d *drawing) panel(p *Panel, y float64) float64 {
	s := p.scale()
	y += 34
	d.text(margin, y, "head", p.Title)
	top := y + 8
	y += 6
	for _, g := range p.Groups {
		if g.Title != "" {
			y += lineHeight
			d.text(margin, y, "label", g.Title)
		}
		for _, r := range g.Rows {
			y += lineHeight
			d.row(p, s, r, y)
		}
		if len(p.Groups) > 1 {
			y += 6
		}
	}
	bottom := y + 10
	for _, tick := range s.ticks {
		x := s.at(tick)
		d.line(x, top, x, bottom, "grid")
		d.text(x, bottom+15, "tick", whole(p.Format(tick)))
	}
	d.text((barLeft+barRight)/2, bottom+32, "tick", p.Axis)
	return bottom + 34
}

// whole leaves out the zeros behind a decimal point.
func whole(figure string) string {
	number, unit, _ := strings.Cut(figure, " ")
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return strings.TrimSpace(number + " " + unit)
}

// row places one row, whose text stands on y.
func (d *drawing) row(p *Panel, s scale, r Row, y float64) {
	class := "rival"
	if r.Ours {
		class = "ours"
	}
	d.text(labelRight, y, class+"-name", r.Name)
	end := s.at(r.Value)
	if p.Log {
		d.Dots = append(d.Dots, dot{px(end), px(y - 4), class})
	} else {
		d.Bars = append(d.Bars, bar{px(barLeft), px(y - 10), px(max(1, end-barLeft)), px(barHeight), class})
	}
	if r.Max > 0 {
		d.whisker(s.at(r.Min), s.at(r.Max), y-4)
		end = min(barRight, max(end, s.at(r.Max)))
	}
	d.text(end+8, y, "value", p.Format(r.Value))
}

// about tells the panel's figures in words.
func (p *Panel) about() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s, %s:", p.Title, p.Axis)
	for _, g := range p.Groups {
		for _, r := range g.Rows {
			fmt.Fprintf(&out, " %s %s;", strings.TrimSpace(g.Title+" "+r.Name), p.Format(r.Value))
		}
	}
	return strings.TrimSuffix(out.String(), ";") + "."
}

// A scale maps values to x.
type scale struct {
	log      bool
	low, top float64 // of the axis
	ticks    []float64
}

func (s scale) at(v float64) float64 {
	part := v / s.top
	if s.log {
		part = (math.Log10(max(v, s.low)) - math.Log10(s.low)) / (math.Log10(s.top) - math.Log10(s.low))
	}
	return barLeft + float64(part*(barRight-barLeft)) // no fused multiply-add, which some processors have
}

// beyond is how far a linear axis goes on behind the largest value, for ranges: a round in which the machine
// did something else must not make all bars short.
const beyond = 1.4

// scale finds the axis that holds all values, and the ranges unless they are very long.
func (p *Panel) scale() scale {
	least, most, furthest := math.Inf(1), 0.0, 0.0
	for _, g := range p.Groups {
		for _, r := range g.Rows {
			most = max(most, r.Value)
			furthest = max(furthest, r.Value, r.Max)
			for _, v := range []float64{r.Value, r.Min} {
				if v > 0 {
					least = min(least, v)
				}
			}
		}
	}
	most = min(furthest, float64(most*beyond))
	if p.Log {
		most = furthest
	}
	if most <= 0 {
		return scale{top: 1, ticks: []float64{0, 1}}
	}
	if p.Log {
		s := scale{log: true, low: decade(least)}
		for s.top = 10 * s.low; s.top < most; {
			s.top *= 10
		}
		for tick := s.low; tick <= s.top*1.001; tick *= 10 {
			s.ticks = append(s.ticks, tick)
		}
		return s
	}
	s := scale{top: most}
	step := niceStep(most / 5)
	for i := 0; float64(i)*step <= most*1.0001; i++ {
		s.ticks = append(s.ticks, float64(i)*step)
	}
	return s
}

// decade returns the largest power of ten that is not above x, which is positive. (Logarithms are not the
// same, to the last bit, on all processors.)
func decade(x float64) float64 {
	p := 1.0
	for p > x {
		p /= 10
	}
	for 10*p <= x {
		p *= 10
	}
	return p
}

// niceStep returns the least of 1, 2, 5, 10, 20 ... (times a power of ten) that is not below x.
func niceStep(x float64) float64 {
	base := decade(x)
	for _, m := range []float64{1, 2, 5} {
		if x <= m*base {
			return m * base
		}
	}
	return 10 * base
}
