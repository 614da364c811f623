package bench

import (
	"cmp"
	"encoding/json"
	"io"
	"runtime"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/cmd/stackful/internal/machine"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// A Report is all that bench has found. Its JSON form may gain fields.
type Report struct {
	Date       string   `json:"date"`
	CPU        string   `json:"cpu"`
	Go         string   `json:"go"`
	Platform   string   `json:"platform"`
	Native     bool     `json:"native"`
	Reason     string   `json:"backend_reason"`
	Race       bool     `json:"race_detector"`
	Processors int      `json:"gomaxprocs"`
	CAS        float64  `json:"cas_ns,omitempty"`
	Rounds     int      `json:"rounds"`
	Results    []Result `json:"results"`
}

// newReport describes where the figures come from. It has no results yet.
func newReport(rounds int) *Report {
	backend := stackful.Backend()
	r := &Report{
		Date: time.Now().UTC().Format(time.DateOnly),
		CPU:  machine.CPU(), Go: backend.Go, Platform: backend.Arch,
		Native: backend.Native, Reason: backend.Reason,
		Processors: runtime.GOMAXPROCS(0), Race: machine.Race, Rounds: rounds,
	}
	if ns, ok := machine.CAS(10 * time.Millisecond); ok {
		r.CAS = ns
	}
	return r
}

// A Result is one comparison.
type Result struct {
	Name   string   `json:"name"`
	About  string   `json:"about"`
	Unit   string   `json:"unit"`   // of the rows' values: "ns" or "bytes"
	Figure string   `json:"figure"` // what the rows' values are: "median", "longest" ...
	CAS    float64  `json:"cas_ns,omitempty"`
	Rows   []Row    `json:"rows"`
	Ratios []Ratio  `json:"ratios"`
	Notes  []string `json:"notes,omitempty"`
}

// A Row is one contender's cost.
type Row struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Low   float64  `json:"low,omitempty"` // the middle half of the rounds
	High  float64  `json:"high,omitempty"`
	CAS   float64  `json:"cas,omitempty"` // Value in compare-and-swaps
	More  []Figure `json:"more,omitempty"`

	Rounds []float64 `json:"rounds,omitempty"` // the value of each round, in their order
}

// A Figure is another figure of a row, in the result's unit if it has none of its own.
type Figure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit,omitempty"`
	Value  float64   `json:"value"`
	Rounds []float64 `json:"rounds,omitempty"`
}

// A Ratio compares two rows.
type Ratio struct {
	Name   string  `json:"name"`
	Ours   string  `json:"ours"`
	Theirs string  `json:"theirs"`
	Value  float64 `json:"ratio"`
	Faster bool    `json:"faster"` // Value is theirs in units of ours; else it is ours in units of theirs
}

// text writes the ratio in words that say which of the two is better.
func (x *Ratio) text() string {
	switch {
	case !x.Faster:
		return units.Digits(x.Value)
	case x.Value >= 1:
		return units.Digits(x.Value) + " times faster"
	}
	return units.Digits(1/x.Value) + " times slower"
}

// writeJSON writes the report for programs.
func (r *Report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// printHead prints what all figures hold for.
func (r *Report) printHead(t *term.Terminal) {
	t.Printf("%s; %s %s; %s\n", r.CPU, r.Go, r.Platform, machine.Backend())
	if r.CAS > 0 {
		t.Printf("compare-and-swap in the first-level cache: %s ns\n", units.Digits(r.CAS))
	}
	if r.Race {
		t.Printf("built with the race detector: no figure here means anything\n")
	}
}

// format writes a value in the result's unit.
func (r *Result) format(v float64) string { return format(v, r.Unit) }

// format writes a value in a unit: bytes, ns or %.
func format(v float64, unit string) string {
	switch unit {
	case "bytes":
		return units.Bytes(v)
	case "%":
		return units.Digits(v) + " %"
	}
	return units.Duration(v)
}

// print prints the rows, then the ratios, then the notes. Columns that no row fills in are left
// out.
func (r *Result) print(t *term.Terminal) {
	t.Printf("\n%s: %s\n", r.Name, r.About)
	lines := term.Sheet{Left: "l"}
	head := []string{"", r.Figure, "range", "CAS"}
	for _, f := range r.Rows[0].More {
		head = append(head, f.Name)
	}
	lines.Row(head...)
	for _, row := range r.Rows {
		cells := []string{row.Name, r.format(row.Value), "", ""}
		if row.High > 0 {
			cells[2] = r.format(row.Low) + " - " + r.format(row.High)
		}
		if row.CAS > 0 {
			cells[3] = units.Digits(row.CAS)
		}
		for _, f := range row.More {
			cells = append(cells, format(f.Value, cmp.Or(f.Unit, r.Unit)))
		}
		lines.Row(cells...)
	}
	lines.DropEmpty()
	lines.Write(t.Out, "  ")
	r.printRatios(t)
	for _, n := range r.Notes {
		t.Printf("  %s\n", n)
	}
}

// printRatios prints the ratios.
func (r *Result) printRatios(t *term.Terminal) {
	if len(r.Ratios) == 0 {
		return
	}
	lines := term.Sheet{Left: "ll"}
	lines.Row("", "ratio")
	for _, x := range r.Ratios {
		lines.Row(x.Name, x.text())
	}
	t.Printf("\n")
	lines.Write(t.Out, "  ")
}
