package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackful-go/stackful/internal/chart"
	"github.com/stackful-go/stackful/internal/units"
)

// draw writes the files.
func draw(root string) error {
	files, err := drawn(root)
	if err != nil {
		return err
	}
	for path, text := range files {
		if err := os.WriteFile(filepath.Join(root, path), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// drawn returns what draw writes, by path from root.
func drawn(root string) (map[string][]byte, error) {
	d, err := load(root)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for i := range d.Pictures {
		p := &d.Pictures[i]
		var svg bytes.Buffer
		if err := chart.WriteSVG(&svg, p.chart()); err != nil {
			return nil, err
		}
		files["docs/benchmarks/"+p.ID+".svg"] = svg.Bytes()
	}
	for path, part := range map[string]func(d *Data) (string, error){
		"docs/benchmarks.md": writePictures, "README.md": writeFigures,
	} {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		within, err := part(d)
		if err == nil {
			text, err = replaceMarked(text, within)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files[path] = text
	}
	return files, nil
}

// Markers, between which draw writes.
const (
	beginMark = "<!-- drawn by: go run ./tests/benchdocs draw -->\n"
	endMark   = "<!-- end of what is drawn -->"
)

// replaceMarked returns the text with something else between the markers.
func replaceMarked(text []byte, within string) ([]byte, error) {
	head, rest, ok1 := strings.Cut(string(text), beginMark)
	_, tail, ok2 := strings.Cut(rest, endMark)
	if !ok1 || !ok2 || strings.Contains(tail, endMark) {
		return nil, fmt.Errorf("it does not have the two markers %q and %q once each", beginMark, endMark)
	}
	return []byte(head + beginMark + within + endMark + tail), nil
}

// chart returns the picture as package chart draws it.
func (p *Picture) chart() *chart.Chart {
	c := &chart.Chart{Title: pictures[place(p.ID)].title, Place: []string{p.place(), p.run()}}
	for i := range p.Panels {
		panel := &p.Panels[i]
		axis := "less is better"
		if panel.More {
			axis = panel.Unit + ", more is better"
		}
		drawn := chart.Panel{Title: panel.Title, Axis: axis, Log: panel.Log, Format: panel.format}
		for _, g := range panel.Groups {
			group := chart.Group{Title: g.Title}
			for _, r := range g.Rows {
				group.Rows = append(group.Rows, chart.Row{Name: r.Name, Ours: r.Ours, Value: r.value(),
					Min: slices.Min(r.Rounds), Max: slices.Max(r.Rounds)})
			}
			drawn.Groups = append(drawn.Groups, group)
		}
		c.Panels = append(c.Panels, drawn)
	}
	return c
}

// place says on what it was measured.
func (p *Picture) place() string {
	return fmt.Sprintf("%s, %d cores of a shared host; %s; %s", p.CPU, p.Cores, p.System, p.Go)
}

// run says when, and how often.
func (p *Picture) run() string {
	return fmt.Sprintf("%s, commit %s; medians of %d rounds, all rows in turn; load of the machine before: %s", p.Date, p.Commit, p.Rounds, p.Load)
}

// format writes a value with its unit.
func (p *Panel) format(v float64) string {
	switch p.Unit {
	case "ns":
		return units.Duration(v)
	case "bytes":
		return units.Digits(v) + " B"
	}
	return units.Digits(v)
}
