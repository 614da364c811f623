package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stackful-go/stackful/internal/units"
)

// writePictures returns the part of docs/benchmarks.md that is drawn: a section for each picture, with a
// table of what it shows.
func writePictures(d *Data) (string, error) {
	var out strings.Builder
	for i := range d.Pictures {
		p := &d.Pictures[i]
		one := pictures[place(p.ID)]
		fmt.Fprintf(&out, "\n## %s\n%s\n![%s](benchmarks/%s.svg)\n\n", one.title, one.about, one.title, p.ID)
		fmt.Fprintf(&out, "`%s`: %s.\n%s.\n", p.Command, p.run(), p.place())
		for k := range p.Panels {
			if err := p.Panels[k].write(&out); err != nil {
				return "", fmt.Errorf("%s: %w", p.ID, err)
			}
		}
	}
	out.WriteString("\n")
	return out.String(), nil
}

// write writes the table of a panel: a row of ours and, below it, its rivals, as multiples of it.
func (p *Panel) write(out *strings.Builder) error {
	fmt.Fprintf(out, "\n| %s | | least - most | beside ours |\n|---|--:|--:|--:|\n", p.Title)
	for i := range p.Groups {
		g := &p.Groups[i]
		ours, err := g.first()
		if err != nil {
			return err
		}
		for k := range g.Rows {
			r := &g.Rows[k]
			name, ratio := r.Name, ""
			if g.Title != "" {
				name = g.Title + ": " + name
			}
			if r.Ours {
				name = "**" + name + "**"
			}
			if r != ours {
				ratio = units.Digits(r.ratio(ours))
			}
			fmt.Fprintf(out, "| %s | %s | %s - %s | %s |\n", name, p.format(r.value()), p.format(slices.Min(r.Rounds)), p.format(slices.Max(r.Rounds)), ratio)
		}
	}
	return nil
}

// figures are the rows of README's table: ours of a picture, and its rivals there.
var figures = []struct {
	what    string
	picture string
	panel   int
	group   int
	rivals  []string // names, or none: all that are not ours
}{
	{"[a chat server](examples/chat/main.go), 300 members: processor time for a line that one hears", "chat", 0, 0, nil},
	{"an echo server, 500 connections: processor time for a request", "echo", 0, 0, nil},
	{"a switch, one way (`coro.Switch`)", "switch", 0, 0, nil},
	{"the next value of a generator, an int (`coro.Pull`)", "generators", 0, 0, nil},
	{"the same, a struct of five words", "generators", 0, 2, nil},
	{"make a coroutine, run it, have it end (`coro.New`)", "lives", 0, 0, nil},
	{"a value from task to task (`poller.Chan`)", "tasks", 0, 1, nil},
	{"a lock from task to task (`poller.Mutex`)", "tasks", 0, 2, nil},
	{"memory of a suspended coroutine", "memory", 0, 0, []string{"goroutine, own channel"}},
	{"the same, its body has decoded JSON", "memory", 1, 0, nil},
	{"a frame of a [game](docs/benchmarks.md#a-game) with 10,000 scripts (`coro.Switch`)", "game", 0, 0, []string{"iter.Pull", "goroutine, two channels"}},
	{"the same, p99", "game", 0, 1, []string{"iter.Pull", "goroutine, two channels"}},
	{"the same, the longest", "game", 0, 2, []string{"iter.Pull", "goroutine, two channels"}},
	{"a switch among 10,000 coroutines beside collections, p50", "tails", 0, 0, nil},
	{"the same, p99", "tails", 0, 2, nil},
	{"the same, p99.9", "tails", 0, 3, nil},
	{"the same, p99.99", "tails", 0, 4, nil},
	{"the same, the longest", "tails", 0, 5, nil},
}

// writeFigures returns README's table.
func writeFigures(d *Data) (string, error) {
	var out strings.Builder
	out.WriteString("\n| | here | beside it |\n|---|---|---|\n")
	for _, f := range figures {
		p := d.picture(f.picture)
		if p == nil || f.panel >= len(p.Panels) || f.group >= len(p.Panels[f.panel].Groups) {
			return "", fmt.Errorf("%s: no picture %q, or not all of it", f.what, f.picture)
		}
		panel := &p.Panels[f.panel]
		g := &panel.Groups[f.group]
		ours, err := g.first()
		if err != nil {
			return "", err
		}
		var rivals []string
		for i := range g.Rows {
			r := &g.Rows[i]
			if !r.Ours && (f.rivals == nil || slices.Contains(f.rivals, r.Name)) {
				rivals = append(rivals, fmt.Sprintf("%s %s (%s)", r.Name, panel.format(r.value()), units.Digits(r.ratio(ours))))
			}
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", f.what, panel.format(ours.value()), strings.Join(rivals, "; "))
	}
	out.WriteString("\n")
	return out.String(), nil
}
