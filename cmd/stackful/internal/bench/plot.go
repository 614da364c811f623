package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stackful-go/stackful/internal/chart"
)

// plotSVG draws each result as a panel with an axis of its own.
func plotSVG(w io.Writer, report *Report) error {
	c := &chart.Chart{Title: "stackful bench", Place: []string{
		fmt.Sprintf("%s; %s %s", report.CPU, report.Go, report.Platform),
		fmt.Sprintf("%s; medians of %d rounds unless it says longest or resident", report.Date, report.Rounds)}}
	for _, r := range report.Results {
		var rows []chart.Row
		for _, row := range r.Rows {
			bar := chart.Row{Name: row.Name, Ours: ours(row.Name), Value: row.Value}
			if len(row.Rounds) > 0 {
				bar.Min, bar.Max = slices.Min(row.Rounds), slices.Max(row.Rounds)
			}
			rows = append(rows, bar)
		}
		c.Panels = append(c.Panels, chart.Panel{Title: r.Name + ": " + r.About, Axis: r.Figure,
			Format: r.format, Groups: []chart.Group{{Rows: rows}}})
	}
	return chart.WriteSVG(w, c)
}

// ours reports whether a row is of this module.
func ours(name string) bool {
	for _, prefix := range []string{"coro.", "stackful.", "Stack.", "poller"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
