package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

const demoAbout = `
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
	prints      string                  // what that one prints; "" if that is not always the same
}

var demos = []demo{demoSwitch, demoGenerators, demoGevent, demoServer}

func runDemo(_ context.Context, t *terminal, args []string) error {
	about := demoAbout + "\nNames:\n\n"
	for _, d := range demos {
		about += fmt.Sprintf("  %-12s %s\n", d.name, d.about)
	}
	fs := newFlags(t, "demo", "[-python] [-fast] [name]", about)
	python := fs.Bool("python", false, "show the Python program too")
	fast := fs.Bool("fast", false, "where time has to pass, a second lasts 50 ms")
	if err := parse(fs, args, true); err != nil {
		return err
	}
	switch fs.NArg() {
	case 0:
		lines := sheet{left: "ll"}
		for _, d := range demos {
			lines.row("stackful demo "+d.name, d.about)
		}
		lines.write(t.out, "")
		return nil
	case 1:
	default:
		return usagef("one name, please")
	}
	for _, d := range demos {
		if d.name == fs.Arg(0) {
			if *fast && d.runFast != nil {
				d.run = d.runFast
			}
			return d.show(t, *python)
		}
	}
	return usagef("no such demo: %q", fs.Arg(0))
}

func (d *demo) show(t *terminal, python bool) error {
	if !python {
		return d.run(t.out)
	}
	var ours strings.Builder
	if err := d.run(&ours); err != nil {
		return err
	}
	t.printf("%s\n", strings.Trim(d.python, "\n"))
	if d.prints == "" {
		t.printf("\nours prints\n\n%s", ours.String())
		return nil
	}
	lines := sheet{left: "ll"}
	lines.row("it prints", "ours prints")
	left, right := strings.Split(strings.TrimSpace(d.prints), "\n"), strings.Split(strings.TrimSpace(ours.String()), "\n")
	for i := range max(len(left), len(right)) {
		cell := func(column []string) string {
			if i < len(column) {
				return column[i]
			}
			return ""
		}
		lines.row(cell(left), cell(right))
	}
	t.printf("\n")
	lines.write(t.out, "")
	if d.prints != ours.String() {
		return fmt.Errorf("the two differ")
	}
	return nil
}
