// Package doctor is `stackful doctor`: which backend this process runs on and why, facts of
// the machine that bear on it, and the verdict of a self-test. Its text is the
// head of a bug report.
//
// Of this module it imports asm, and packages cli, term, machine and selftest, which has
// the tests; process.go runs them in a process of their own. Read on in facts.go
// and kernel_linux.go, or in package selftest.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/machine"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// Command is `stackful doctor`. It starts the program as selftest.Command.
var Command = cli.Command{
	Name:  "doctor",
	About: "which backend runs here and why, and a self-test",
	Run:   run,
}

const about = `
Which backend this process runs on and why, what it found about the machine, and
a self-test of some seconds, in a process of its own if one can be started. The whole text is meant to
be pasted into a bug report; the last line sums it up.

Exit status 1 means that the self-test failed. The portable backend is no failure:
it does the same, slower.
`

// run prints facts, then the self-test as it goes, then the line that sums it up.
func run(ctx context.Context, t *term.Terminal, args []string) error {
	fs := cli.Flags(t, "doctor", "", about)
	d := fs.Duration("d", 2*time.Second, "")
	if err := cli.Parse(fs, args, false); err != nil {
		return err
	}
	lines := term.Sheet{Left: "ll"}
	lines.Row("module", moduleText())
	lines.Row("backend", machine.Backend())
	lines.Row("go", fmt.Sprintf("%s %s/%s, %s, GOMAXPROCS %d of %d, race detector %v", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.Compiler, runtime.GOMAXPROCS(0), runtime.NumCPU(), machine.Race))
	lines.Row("layout", layoutText())
	addCPU(&lines)
	_, how := asm.ShadowStack()
	lines.Row("shadow stack", how)
	for _, k := range kernelFacts() {
		lines.Row(k.name, k.text)
	}
	// Settings of the collector and of tracebacks belong into a bug report.
	for _, name := range []string{"GODEBUG", "GOGC", "GOMEMLIMIT", "GOTRACEBACK"} {
		if v := os.Getenv(name); v != "" {
			lines.Row(name, v)
		}
	}
	lines.Write(t.Out, "")
	t.Status("self-test ...")
	text, err := selfTestInChild(ctx, *d)
	t.Status("")
	printSelfTest(t, text)
	if errors.Is(err, errNotStarted) && ctx.Err() == nil {
		printSelfTest(t, "note    in this process, without clobberfree=1, as it has no other: "+err.Error())
		err = selfTestHere(ctx, t, *d)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	verdict := "ok"
	if err != nil {
		verdict = "SELF-TEST FAILED: " + err.Error()
	}
	t.Printf("verdict       %s; %s; %s; %s\n", verdict, machine.Backend(), machine.CPU(), systemName())
	if err != nil {
		return cli.ErrReported
	}
	return nil
}
