// Command stackful shows what this module does, measures it, and checks that it
// holds on the machine at hand.
//
//	stackful demo [name]   small programs that switch between coroutines
//	stackful echo          a TCP server on one goroutine, and its clients
//	stackful bench         costs beside those of goroutines, channels and iter.Pull
//	stackful build         go build, run or test with a standard library whose calls park
//	stackful run           tasks; see docs/patch.md
//	stackful test
//	stackful overlay       the name of the file for go's -overlay flag
//	stackful fix           rewrite calls of time and net to those of package poller
//	stackful doctor        which backend runs here and why, and a self-test
//
// It exits with 0 if all went well, with 1 if something failed or did not hold,
// with 2 if it was called in a way that it does not understand, and with 130 if it
// was interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// A command is a subcommand: one line of the usage text.
type command struct {
	name, args, about string
	run               func(ctx context.Context, t *terminal, args []string) error
}

// commands are for people; internal ones are what this program starts itself as.
var commands, internal []command

func init() {
	commands = []command{
		{"demo", "[name]", "small programs that switch between coroutines", runDemo},
		{"echo", "[flags]", "a TCP server on one goroutine, and its clients", runEcho},
		{"bench", "[flags] [names]", "costs beside those of goroutines, channels and iter.Pull", runBench},
		{"build", "[args of go build]", "go build with a standard library whose calls park tasks", patchedGo("build")},
		{"run", "[args of go run]", "the same for go run", patchedGo("run")},
		{"test", "[args of go test]", "the same for go test", patchedGo("test")},
		{"fix", "[-diff] packages", "rewrite calls of time and net to those of package poller", runFix},
		{"overlay", "", "print the name of the file for go's -overlay", runOverlay},
		{"doctor", "", "which backend runs here and why, and a self-test", runDoctor},
	}
	internal = []command{
		{"echo-client", "", "clients of echo", runEchoClient},
		{"echo-server", "", "a server of echo -compare", runEchoServer},
		{"bench-memory", "", "one measurement of bench memory", runBenchMemory},
		{"self-test", "", "the self-test of doctor", runSelfTest},
	}
}

// Exit codes.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells have it for ctrl-C
)

// A usageError is a call that the program does not understand.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errReported is a failure that has been told already.
var errReported = errors.New("failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := dispatch(ctx, newTerminal(os.Stdin, os.Stdout, os.Stderr), os.Args[1:])
	stop()
	os.Exit(code)
}

// dispatch runs the subcommand that args name and returns the exit code.
func dispatch(ctx context.Context, t *terminal, args []string) int {
	if len(args) == 0 {
		printUsage(t.err)
		return exitUsage
	}
	name, rest := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		if len(rest) == 0 {
			printUsage(t.out)
			return 0
		}
		name, rest = rest[0], []string{"-help"}
	}
	for _, c := range append(commands[:len(commands):len(commands)], internal...) {
		if c.name == name {
			return exitCode(t, c.name, c.run(ctx, t, rest))
		}
	}
	return exitCode(t, "", usagef("no such subcommand: %q", name))
}

func exitCode(t *terminal, name string, err error) int {
	t.status("")
	var usage *usageError
	var exited exitedWith
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &exited):
		return int(exited)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(t.err, "interrupted")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(t.err, "stackful: %v\nTry: %s\n", err, strings.TrimSpace("stackful help "+name))
		return exitUsage
	}
	fmt.Fprintln(t.err, strings.TrimSpace("stackful "+name)+":", err)
	return exitFailed
}

func printUsage(w io.Writer) {
	fmt.Fprint(w, "stackful: stackful coroutines inside one goroutine, shown, measured and checked.\n\nUsage:\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  stackful %-23s %s\n", c.name+" "+c.args, c.about)
	}
	fmt.Fprint(w, "\nstackful help <subcommand> tells more. From a clone: go run ./cmd/stackful echo\n")
}

// newFlags returns a flag set whose help is about, then the flags. A flag without
// a usage text is left out: it is for tests.
func newFlags(t *terminal, name, args, about string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {
		fmt.Fprintf(t.out, "Usage: %s\n\n%s\n", strings.TrimSpace("stackful "+name+" "+args), strings.TrimSpace(about))
		shown := flag.NewFlagSet(name, flag.ContinueOnError)
		shown.SetOutput(t.out)
		any := false
		fs.VisitAll(func(f *flag.Flag) {
			if f.Usage != "" {
				shown.Var(f.Value, f.Name, f.Usage)
				shown.Lookup(f.Name).DefValue = f.DefValue
				any = true
			}
		})
		if any {
			fmt.Fprint(t.out, "\nFlags:\n")
			shown.PrintDefaults()
		}
	}
	return fs
}

// parse parses args; extra says whether arguments may follow the flags.
func parse(fs *flag.FlagSet, args []string, extra bool) error {
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return usagef("%v", err)
	case !extra && fs.NArg() > 0:
		return usagef("unexpected argument %q", fs.Arg(0))
	}
	return nil
}
