// Package chart draws bar charts of what was measured as SVG: this module's rows in one colour, the
// rivals' in another, with the range of each, an axis with its unit, and the place of the measurement.
//
// `stackful bench -plot` and tests/benchdocs use it. It imports nothing of this module. Read on in
// layout.go, which places what svg.go's template writes.
package chart

import (
	"strconv"
	"time"
)

// A Chart is one picture.
type Chart struct {
	Title  string
	Place  []string // lines below the title: machine, date and the like
	Panels []Panel
}

// A Panel is rows that share an axis.
type Panel struct {
	Title  string
	Axis   string // what is below the axis
	Log    bool   // the axis is logarithmic, and has dots in place of bars
	Groups []Group

	// Format writes a value with its unit, for the rows and for the ticks of the axis.
	Format func(v float64) string
}

// A Group is rows that are compared with each other.
type Group struct {
	Title string // may be empty
	Rows  []Row
}

// A Row is one contender's figure.
type Row struct {
	Name  string
	Ours  bool
	Value float64
	Min   float64 // the range; there is none if Max is 0
	Max   float64
}

// Number writes x with three significant digits and separators, without an exponent.
func Number(x float64) string {
	switch {
	case x < 0:
		return "-" + Number(-x)
	case x >= 99.95:
		return thousands(int64(x + 0.5))
	case x >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Duration writes ns nanoseconds in a unit that fits.
func Duration(ns float64) string {
	switch d := time.Duration(ns); {
	case d < time.Microsecond:
		return Number(ns) + " ns"
	case d < time.Millisecond:
		return Number(ns/1e3) + " µs"
	case d < time.Second:
		return Number(ns/1e6) + " ms"
	}
	return Number(ns/1e9) + " s"
}
