// Package chart draws bar charts of what was measured as SVG: this module's rows in one colour, the
// rivals' in another, with the range of each, an axis with its unit, and the place of the measurement.
//
// `stackful bench -plot` and tests/benchdocs use it. It imports nothing of this module. Read on in
// layout.go, which places what svg.go's template writes.
package chart

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
