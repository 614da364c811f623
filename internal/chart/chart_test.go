package chart

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/internal/units"
)

// parse returns the elements of an SVG by name, and all its text.
func parse(t *testing.T, svg []byte) (elements map[string]int, content string) {
	t.Helper()
	elements = make(map[string]int)
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		switch {
		case err == io.EOF:
			return elements, content
		case err != nil:
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
		case xml.CharData:
			content += string(token)
		}
	}
}

func TestWriteSVG(t *testing.T) {
	rows := []Row{
		{"ours & <co>", true, 100, 90, 120},
		{"theirs", false, 250_000, 200_000, 9_000_000},
		{"no range", false, 300, 0, 0},
	}
	for _, log := range []bool{false, true} {
		c := &Chart{Title: "a title", Place: []string{"a machine", "a date"}, Panels: []Panel{
			{Title: "a panel", Axis: "an axis", Log: log, Format: units.Duration, Groups: []Group{{"a group", rows}}},
		}}
		var out, again bytes.Buffer
		for _, w := range []io.Writer{&out, &again} {
			if err := WriteSVG(w, c); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != again.String() {
			t.Error("two drawings differ")
		}
		elements, content := parse(t, out.Bytes())
		bars, dots := 3+2+1, 0 // rows, legend, ground
		if log {
			bars, dots = 2+1, 3
		}
		if elements["rect"] != bars || elements["circle"] != dots {
			t.Errorf("log %v: %v, want %d bars and %d dots", log, elements, bars, dots)
		}
		for _, want := range []string{"a title", "a machine", "a date", "a panel", "a group", "ours & <co>", "250 µs", "an axis", "this module", "prefers-color-scheme"} {
			if !strings.Contains(content, want) {
				t.Errorf("log %v: no %q in\n%s", log, want, out.String())
			}
		}
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		min, most float64
		log       bool
		ticks     []float64
	}{
		{1, 9, false, []float64{0, 2, 4, 6, 8}},
		{1, 31, false, []float64{0, 10, 20, 30}},
		{30, 2e4, true, []float64{10, 100, 1000, 1e4, 1e5}},
		{100, 100, true, []float64{100, 1000}},
		{0, 0, false, []float64{0, 1}},
	} {
		p := Panel{Log: c.log, Groups: []Group{{Rows: []Row{{Value: c.most, Min: c.min, Max: c.most}}}}}
		s := p.scale()
		if len(s.ticks) != len(c.ticks) {
			t.Errorf("%+v: ticks %v", c, s.ticks)
			continue
		}
		for i, tick := range s.ticks {
			if d := tick/max(c.ticks[i], 1e-9) - 1; c.ticks[i] != 0 && (d > 1e-9 || d < -1e-9) {
				t.Errorf("%+v: ticks %v", c, s.ticks)
			}
		}
		if x := s.at(c.most); x < barLeft-0.001 || x > barRight+0.001 {
			t.Errorf("%+v: the most is at %v", c, x)
		}
	}
}

// A range that is far longer than the values are does not shorten the bars: it ends in an arrow.
func TestScale_longRange(t *testing.T) {
	p := Panel{Format: units.Digits, Groups: []Group{{Rows: []Row{{Value: 10, Min: 9, Max: 1000}, {Value: 8, Min: 8, Max: 9}}}}}
	s := p.scale()
	if s.top != 14 {
		t.Errorf("the axis ends at %v", s.top)
	}
	d := new(drawing)
	d.panel(&p, 0)
	ranges := 0
	for _, l := range d.Lines {
		if l.Class != "range" {
			continue
		}
		ranges++
		if x, err := strconv.ParseFloat(l.X2, 64); err != nil || x > barRight {
			t.Errorf("%+v, %v", l, err)
		}
	}
	if ranges != 4+3 {
		t.Errorf("%d lines, want 4 of the arrow and 3 of the other range", ranges)
	}
	p.Log = true
	if s := p.scale(); s.top < 1000 {
		t.Errorf("the logarithmic axis ends at %v", s.top)
	}
}
