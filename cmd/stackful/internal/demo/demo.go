// Package demo is `stackful demo`: small programs beside the Python programs that they stand
// for. The programs themselves are in package examples; here is their text in Python, its
// output, and how the two are shown.
//
// Of this module it imports examples and examples/systems, and packages cli and term. Read
// on in switch.go, the shortest one.
package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// Command is `stackful demo`.
var Command = cli.Command{
	Name:  "demo",
	Args:  "[name]",
	About: "small programs that switch between coroutines",
	Run:   run,
}

const about = `
Small programs that switch between coroutines, or tasks. Each stands for a Python program
that is well known among users of greenlet or gevent; -python shows that program
and what it prints, beside what ours prints.
`

// A demo is one program. To add one, write it in a file of its own and name it
// in demos.
type demo struct {
	name, about string
	run         func(w io.Writer) error
	runFast     func(w io.Writer) error // the same in less time, where time has to pass
	python      string                  // the program that it stands for
	prints      string                  // its output; "" if that is not always the same
}

var demos = []demo{demoSwitch, demoGenerators, demoGevent, demoServer}

func run(_ context.Context, t *term.Terminal, args []string) error {
	help := about + "\nNames:\n\n"
	for _, d := range demos {
		help += fmt.Sprintf("  %-12s %s\n", d.name, d.about)
	}
	fs := cli.Flags(t, "demo", "[-python] [-fast] [name]", help)
	python := fs.Bool("python", false, "show the Python program too")
	fast := fs.Bool("fast", false, "where time has to pass, a second lasts 50 ms")
	if err := cli.Parse(fs, args, true); err != nil {
		return err
	}
	switch fs.NArg() {
	case 0:
		lines := term.Sheet{Left: "ll"}
		for _, d := range demos {
			lines.Row("stackful demo "+d.name, d.about)
		}
		lines.Write(t.Out, "")
		return nil
	case 1:
	default:
		return cli.Usagef("one name, please")
	}
	for _, d := range demos {
		if d.name == fs.Arg(0) {
			if *fast && d.runFast != nil {
				d.run = d.runFast
			}
			return d.show(t, *python)
		}
	}
	return cli.Usagef("no such demo: %q", fs.Arg(0))
}

// show runs d, with the Python program before it if that is wanted: then the two must print
// the same.
func (d *demo) show(t *term.Terminal, python bool) error {
	if !python {
		return d.run(t.Out)
	}
	var ours strings.Builder
	if err := d.run(&ours); err != nil {
		return err
	}
	t.Printf("%s\n", strings.Trim(d.python, "\n"))
	if d.prints == "" {
		t.Printf("\nours prints\n\n%s", ours.String())
		return nil
	}
	lines := term.Sheet{Left: "ll"}
	lines.Row("it prints", "ours prints")
	left, right := strings.Split(strings.TrimSpace(d.prints), "\n"), strings.Split(strings.TrimSpace(ours.String()), "\n")
	for i := range max(len(left), len(right)) {
		cell := func(column []string) string {
			if i < len(column) {
				return column[i]
			}
			return ""
		}
		lines.Row(cell(left), cell(right))
	}
	t.Printf("\n")
	lines.Write(t.Out, "")
	if d.prints != ours.String() {
		return fmt.Errorf("the two differ")
	}
	return nil
}
