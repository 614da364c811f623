package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Data is docs/benchmarks/data.json.
type Data struct {
	Pictures []Picture `json:"pictures"`
}

// A Picture is one comparison, with all that it holds for.
type Picture struct {
	ID      string `json:"id"`
	Command string `json:"command"`

	Date   string `json:"date"`
	Commit string `json:"commit"`
	Go     string `json:"go"` // release and platform
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	System string `json:"system"`
	Load   string `json:"load"` // of the machine, in the minute before
	Rounds int    `json:"rounds"`

	Panels []Panel `json:"panels"`
}

// A Panel is rows with one unit.
type Panel struct {
	Title  string  `json:"title"`
	Unit   string  `json:"unit"` // "ns" and "bytes" are written in units that fit
	Log    bool    `json:"log,omitempty"`
	More   bool    `json:"more_is_better,omitempty"`
	Groups []Group `json:"groups"`
}

// A Group is rows that are compared: its first one of ours with all others.
type Group struct {
	Title string `json:"title,omitempty"`
	Rows  []Row  `json:"rows"`
}

// A Row is one contender.
type Row struct {
	Name   string    `json:"name"`
	Ours   bool      `json:"ours,omitempty"`
	Rounds []float64 `json:"rounds"` // what was measured, in the order of the rounds

	// Whole is the figure of all rounds together, where that is not the median of theirs: a quantile.
	Whole float64 `json:"whole,omitempty"`
}

// value is the row's figure.
func (r *Row) value() float64 {
	if r.Whole != 0 {
		return r.Whole
	}
	return median(r.Rounds)
}

// ratio returns this row's figure in units of ours: the median of the ratios of the rounds, since the
// two of a round were measured one after the other, and the machine's clock changes between rounds.
func (r *Row) ratio(ours *Row) float64 {
	if r.Whole != 0 || len(r.Rounds) != len(ours.Rounds) {
		return r.value() / ours.value()
	}
	ratios := make([]float64, len(r.Rounds))
	for i := range ratios {
		ratios[i] = r.Rounds[i] / ours.Rounds[i]
	}
	return median(ratios)
}

// first returns the group's first row of ours.
func (g *Group) first() (*Row, error) {
	for i := range g.Rows {
		if g.Rows[i].Ours {
			return &g.Rows[i], nil
		}
	}
	return nil, fmt.Errorf("group %q has no row of ours", g.Title)
}

// median returns the middle of xs.
func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	if len(xs) == 0 {
		return 0
	}
	return (xs[(len(xs)-1)/2] + xs[len(xs)/2]) / 2
}

func dataFile(root string) string { return filepath.Join(root, "docs", "benchmarks", "data.json") }

// load reads the data, and refuses what cannot be compared.
func load(root string) (*Data, error) {
	text, err := os.ReadFile(dataFile(root))
	if err != nil {
		return nil, err
	}
	d := new(Data)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, err
	}
	for _, p := range d.Pictures {
		if place(p.ID) == len(pictures) {
			return nil, fmt.Errorf("no picture is called %q", p.ID)
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", p.ID, err)
		}
	}
	return d, nil
}

// check refuses a figure without a rival's, and without its range.
func (p *Picture) check() error {
	for _, panel := range p.Panels {
		for _, g := range panel.Groups {
			if _, err := g.first(); err != nil {
				return fmt.Errorf("%s: %w", panel.Title, err)
			}
			rivals := 0
			for _, r := range g.Rows {
				if !r.Ours {
					rivals++
				}
				if len(r.Rounds) == 0 || slices.Min(r.Rounds) <= 0 {
					return fmt.Errorf("%s: %s has no figures, or some that are none", panel.Title, r.Name)
				}
			}
			if rivals == 0 {
				return fmt.Errorf("%s: group %q has no rival", panel.Title, g.Title)
			}
		}
	}
	return nil
}

// save writes the data.
func (d *Data) save(root string) error {
	text, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dataFile(root)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(dataFile(root), append(text, '\n'), 0o644)
}

// picture returns the picture of that id, or nil.
func (d *Data) picture(id string) *Picture {
	for i := range d.Pictures {
		if d.Pictures[i].ID == id {
			return &d.Pictures[i]
		}
	}
	return nil
}
