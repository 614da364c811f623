// Package bench is `stackful bench`: the costs of coroutines beside goroutines, channels and
// iter.Pull, measured side by side in one run, so that the ratios hold although the clock
// of a machine changes from one run to the next.
//
// A subject (switch, create, pull ...) is a file with its contenders. The short ones are
// compared by rounds.go, and their loops are in package benchcases, from which the library's own
// benchmarks (go test -bench) take those that measure the same; memory and game, in child
// processes, and gc, whose figure is the longest switch, have loops of their own. The result
// is a Report: report.go prints it and writes it as JSON, plot.go draws it.
//
// Of this module it imports benchcases, chart and the measured packages (the root, coro,
// poller, asm), and packages cli, term, child, measure, machine and garbage. Read on in rounds.go,
// then in switch.go.
package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// Command is `stackful bench`.
var Command = cli.Command{
	Name:  "bench",
	Args:  "[flags] [names]",
	About: "costs beside those of goroutines, channels and iter.Pull",
	Run:   run,
}

// Children are the subcommands that it starts the program as.
var Children = []cli.Command{
	{Name: memoryCommand, About: "one measurement of bench memory", Run: runMemoryChild},
	{Name: gameCommand, About: "one measurement of bench game", Run: runGameChild},
}

const about = `
Costs of coroutines beside those of goroutines, channels and iter.Pull. All that
is compared is measured in this run, in turn, in rounds; a figure is the median
of its rounds, and the range beside it holds the middle half of them; -json has
those of all rounds. CAS is the
same cost in units of one compare-and-swap of a word in the first-level cache, so
that figures can be compared between machines.

Everything but game, gc and memory runs with GOMAXPROCS=1. For steady figures give it a
processor of its own:

	taskset -c 1 stackful bench switch create
`

// A subject has a name on the command line. To add one, write it in a file of
// its own and name it in subjects.
type subject struct {
	name, about string
	run         func(ctx context.Context, b *settings) ([]Result, error)
	numbered    bool // the name may end in a number of coroutines
}

var subjects = []subject{
	{"switch", "from one to another, one way", benchSwitch, false},
	{"create", "make, run and end, on a warm pool", benchCreate, false},
	{"pull", "next value of a sequence", benchPull, false},
	{"throw", "end a suspended coroutine by an exception", benchThrow, false},
	{"memory-body", "bytes of a suspended coroutine whose body has decoded JSON", benchMemoryBody, true}, // before memory, whose name begins it
	{"memory", "bytes of a suspended coroutine; memory-5000: of one of 5,000", benchMemory, true},
	{"many", "switch among many live coroutines; many-5000: among 5,000", benchMany, true},
	{"game", "a frame of a game with a script for each character", benchGame, false},
	{"gc", "how long a switch takes while garbage is collected", benchGC, false},
	{"gc-tasks", "the same between tasks", benchGCTasks, false},
}

func run(ctx context.Context, t *term.Terminal, args []string) error {
	b := &settings{t: t}
	help := about + "\nNames, all of them if none is given:\n\n"
	for _, s := range subjects {
		help += fmt.Sprintf("  %-11s %s\n", s.name, s.about)
	}
	fs := cli.Flags(t, "bench", "[flags] [names]", help)
	asJSON := fs.Bool("json", false, "write JSON, for programs")
	plot := fs.String("plot", "", "also draw the figures to `file`, as SVG")
	fs.IntVar(&b.rounds, "rounds", 11, "`times` that everything is measured")
	fs.DurationVar(&b.slice, "slice", 20*time.Millisecond, "`time` of one measurement")
	fs.BoolVar(&b.million, "million", false, "memory: of 1,000,000 coroutines too; takes some 4 GB")
	fs.IntVar(&b.count, "count", 100_000, "")
	fs.IntVar(&b.live, "live", 10_000, "")
	if err := cli.Parse(fs, args, true); err != nil {
		return err
	}
	chosen, err := choose(fs.Args())
	if err != nil {
		return err
	}
	if *plot != "" {
		if err := checkPlot(*plot); err != nil {
			return err
		}
	}
	if b.rounds < 1 || b.slice <= 0 || b.count < 1 || b.live < 3 {
		return cli.Usagef("-rounds and -slice must be positive")
	}
	report := newReport(b.rounds)
	if !*asJSON {
		report.printHead(t)
	}
	for _, s := range chosen {
		b.number = s.number
		results, err := s.run(ctx, b)
		t.Status("")
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		report.Results = append(report.Results, results...)
		if !*asJSON {
			for _, r := range results {
				r.print(t)
			}
		}
	}
	if *asJSON {
		if err := report.writeJSON(t.Out); err != nil {
			return err
		}
	}
	if *plot != "" {
		return writePlot(*plot, report)
	}
	return nil
}

// A choice is a subject, with the number that its name had, or 0.
type choice struct {
	subject
	number int
}

// choose returns the subjects of the names, in their order; all of them for no name. A name
// is that of a subject or of a result, which may end in a number.
func choose(names []string) (chosen []choice, err error) {
	if len(names) == 0 {
		for _, s := range subjects {
			chosen = append(chosen, choice{s, 0})
		}
		return chosen, nil
	}
next:
	for _, name := range names {
		for _, s := range subjects {
			number := 0
			if of, ok := strings.CutPrefix(name, s.name+"-"); ok && s.numbered {
				if number, err = strconv.Atoi(of); err != nil || number < 1 {
					return nil, cli.Usagef("%q: %q is no number", name, of)
				}
			}
			if s.name == name || number != 0 {
				chosen = append(chosen, choice{s, number})
				continue next
			}
		}
		return nil, cli.Usagef("no such benchmark: %q", name)
	}
	return chosen, nil
}

// checkPlot makes the file if there is none: the figures take a while, and are not to be lost
// for a folder that is not there.
func checkPlot(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("-plot: %w", err)
	}
	return f.Close()
}

func writePlot(path string, report *Report) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := plotSVG(f, report); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
