package debug

import (
	"bytes"
	_ "embed"
	"html/template"
	"time"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"rate":    rate,
	"round":   roundTime,
	"omitted": omitted,
	"clock":   func(t time.Time) string { return t.Format("15:04:05") },
}).Parse(pageSource))

// writePage writes r as a page that asks for itself again and replaces the element "report".
func writePage(b *bytes.Buffer, r *Report) error { return page.Execute(b, r) }

// roundTime returns d with three digits or so.
func roundTime(d time.Duration) time.Duration {
	for unit := time.Duration(1); unit < time.Hour; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
	return d.Round(time.Minute)
}
