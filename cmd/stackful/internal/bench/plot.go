package bench

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"
)

// Sizes of the chart, in pixels.
const (
	plotWidth  = 900
	plotLabel  = 300 // bars begin here
	plotFigure = 150 // room for the figure behind a bar
	plotBar    = 16
	plotLine   = 22
)

// plotSVG draws each result as a group of bars with a scale of its own.
func plotSVG(w io.Writer, report *Report) error {
	height := 50
	for _, r := range report.Results {
		height += (len(r.Rows) + 2) * plotLine
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="13">`+"\n", plotWidth, height)
	fmt.Fprintf(out, `<rect width="%d" height="%d" fill="white"/>`+"\n", plotWidth, height)
	y := 24
	text := func(x int, style, s string) {
		fmt.Fprintf(out, `<text x="%d" y="%d" %s>%s</text>`+"\n", x, y, style, html.EscapeString(s))
	}
	text(10, `fill="#555"`, report.CPU+", "+report.Go+" "+report.Platform)
	for _, r := range report.Results {
		y += plotLine + plotLine/2
		text(10, `font-weight="bold"`, r.Name+": "+r.About)
		longest := 0.0
		for _, row := range r.Rows {
			longest = max(longest, row.Value)
		}
		for _, row := range r.Rows {
			y += plotLine
			length := 1.0
			if longest > 0 {
				length = max(1, row.Value/longest*(plotWidth-plotLabel-plotFigure))
			}
			text(20, `fill="#222"`, row.Name)
			fmt.Fprintf(out, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", plotLabel, y-plotBar+3, length, plotBar, barColor(row.Name))
			text(plotLabel+int(length)+6, `fill="#222"`, r.format(row.Value))
		}
		y += plotLine / 2
	}
	fmt.Fprintln(out, "</svg>")
	return out.Flush()
}

// barColor sets what this module does apart from what it is compared with.
func barColor(name string) string {
	for _, ours := range []string{"coro.", "stackful.", "Stack."} {
		if strings.HasPrefix(name, ours) {
			return "#2a78b8"
		}
	}
	return "#b0b0b0"
}
