// Package selftest is the self-test of `stackful doctor`: some seconds of the operations
// that fail first if the engine does not fit the machine. Each test verifies its own values, so
// that it fails, or crashes, rather than passes by chance. Package doctor runs it, in a
// process of its own if it can.
//
// Of this module it imports the tested packages (the root, coro, poller, asm), and
// packages cli, term and echo, whose server it uses. Read on in switches.go.
package selftest

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// Command is the subcommand of doctor's child process.
var Command = cli.Command{Name: name, About: "the self-test of doctor", Run: run}

const name = "self-test"

// A Test runs for about d and writes its findings to note, or returns the failure. When ctx
// is done it ends early.
type Test struct {
	Name string
	Run  func(ctx context.Context, note io.Writer, d time.Duration) error
}

// All are the tests, in their order. The first takes no time.
var All = []Test{
	{"wrong layout tables", testWrongTables},
	{"switches beside a loop of collections", testSwitches},
	{"panics and exits beside profiles and traces", testPanics},
	{"sequences and moves beside a loop of collections", testPull},
	{"echo over TCP", testEcho},
}

func run(ctx context.Context, t *term.Terminal, args []string) error {
	fs := cli.Flags(t, name, "", "")
	d := fs.Duration("d", 2*time.Second, "")
	if err := cli.Parse(fs, args, false); err != nil {
		return err
	}
	return Run(ctx, t, *d, All)
}

// Run runs tests, of which the first takes no time, in d altogether. It prints a line for
// each, and returns cli.ErrReported if one has failed.
func Run(ctx context.Context, t *term.Terminal, d time.Duration, tests []Test) error {
	failed := false
	for _, test := range tests {
		var note strings.Builder
		err := test.Run(ctx, &note, d/time.Duration(len(tests)-1))
		switch {
		case err != nil:
			failed = true
			t.Printf("FAILED  %s: %v\n", test.Name, err)
		default:
			t.Printf("ok      %s: %s\n", test.Name, note.String())
		}
	}
	if failed {
		return cli.ErrReported
	}
	if !stackful.Backend().Native {
		t.Printf("note    on the portable backend: each coroutine is a goroutine of its own\n")
	}
	return nil
}
