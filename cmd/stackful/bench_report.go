package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// A benchReport is all that bench has found. Its JSON form may gain fields.
type benchReport struct {
	CPU        string        `json:"cpu"`
	Go         string        `json:"go"`
	Platform   string        `json:"platform"`
	Native     bool          `json:"native"`
	Reason     string        `json:"backend_reason"`
	Race       bool          `json:"race_detector"`
	Processors int           `json:"gomaxprocs"`
	CAS        float64       `json:"cas_ns,omitempty"`
	Results    []benchResult `json:"results"`
}

// A benchResult is one comparison.
type benchResult struct {
	Name   string       `json:"name"`
	About  string       `json:"about"`
	Unit   string       `json:"unit"`   // of the rows' values: "ns" or "bytes"
	Figure string       `json:"figure"` // what the rows' values are: "median", "longest" ...
	CAS    float64      `json:"cas_ns,omitempty"`
	Rows   []benchRow   `json:"rows"`
	Ratios []benchRatio `json:"ratios"`
	Notes  []string     `json:"notes,omitempty"`
}

// A benchRow is one contender's cost.
type benchRow struct {
	Name  string        `json:"name"`
	Value float64       `json:"value"`
	Low   float64       `json:"low,omitempty"` // the middle half of the rounds
	High  float64       `json:"high,omitempty"`
	CAS   float64       `json:"cas,omitempty"` // Value in compare-and-swaps
	More  []benchFigure `json:"more,omitempty"`
}

// A benchFigure is another figure of a row, in the result's unit.
type benchFigure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// A benchRatio compares two rows, or one with a bound that it names.
type benchRatio struct {
	Name   string  `json:"name"`
	Ours   string  `json:"ours"`
	Theirs string  `json:"theirs,omitempty"`
	Value  float64 `json:"ratio"`
	Target float64 `json:"target,omitempty"` // 0: none was set
	AtMost bool    `json:"at_most,omitempty"`
	Met    bool    `json:"met"` // in this run; true if there is no target
}

func (r *benchReport) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *benchReport) printHead(t *terminal) {
	t.printf("%s; %s %s; %s\n", r.CPU, r.Go, r.Platform, backendText())
	if r.CAS > 0 {
		t.printf("compare-and-swap in the first-level cache: %s ns\n", digits(r.CAS))
	}
	if r.Race {
		t.printf("built with the race detector: no figure here means anything\n")
	}
}

func (r *benchResult) format(v float64) string {
	if r.Unit == "bytes" {
		return bytesText(v)
	}
	return duration(v)
}

func (r *benchResult) print(t *terminal) {
	t.printf("\n%s: %s\n", r.Name, r.About)
	lines := sheet{left: "l"}
	head := []string{"", r.Figure, "range", "CAS"}
	for _, f := range r.Rows[0].More {
		head = append(head, f.Name)
	}
	lines.row(head...)
	for _, row := range r.Rows {
		cells := []string{row.Name, r.format(row.Value), "", ""}
		if row.High > 0 {
			cells[2] = r.format(row.Low) + " - " + r.format(row.High)
		}
		if row.CAS > 0 {
			cells[3] = digits(row.CAS)
		}
		for _, f := range row.More {
			cells = append(cells, r.format(f.Value))
		}
		lines.row(cells...)
	}
	lines.dropEmpty()
	lines.write(t.out, "  ")
	r.printRatios(t)
	for _, n := range r.Notes {
		t.printf("  %s\n", n)
	}
}

func (r *benchResult) printRatios(t *terminal) {
	if len(r.Ratios) == 0 {
		return
	}
	lines := sheet{left: "lrll"}
	lines.row("", "ratio", "target", "")
	for _, x := range r.Ratios {
		cells := []string{x.Name, digits(x.Value), "", ""}
		if x.Target > 0 {
			bound := "at least "
			if x.AtMost {
				bound = "at most "
			}
			cells[2], cells[3] = bound+fmt.Sprint(x.Target), metText(x.Met)
		}
		lines.row(cells...)
	}
	t.printf("\n")
	lines.write(t.out, "  ")
}

// dropEmpty removes columns that hold nothing below their head.
func (s *sheet) dropEmpty() {
	for col := len(s.rows[0]) - 1; col > 0; col-- {
		used := false
		for _, row := range s.rows[1:] {
			used = used || col < len(row) && row[col] != ""
		}
		if used {
			continue
		}
		for i, row := range s.rows {
			if col < len(row) {
				s.rows[i] = append(row[:col:col], row[col+1:]...)
			}
		}
	}
}
