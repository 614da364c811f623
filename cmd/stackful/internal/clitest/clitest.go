// Package clitest runs the program, or one subcommand of it, in tests. Subcommands start the
// program as a child process; under test the test binary takes its place, see Main.
//
// It is for tests only, and imports packages cli and term.
package clitest

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// ActAs is the environment variable that makes a test binary something else than tests:
// the program if it is "program", and if it is "crash", a process that panics.
const ActAs = "STACKFUL_TEST_ACT_AS"

// program is the program under test.
var program *cli.Program

// Main is for TestMain: it runs the tests, whose child processes are p, or p itself if this
// process is such a child. It does not return.
func Main(m *testing.M, p *cli.Program) {
	switch os.Getenv(ActAs) {
	case "":
	case "crash":
		panic("crashing on demand")
	default:
		os.Exit(p.Main())
	}
	program = p
	os.Setenv(ActAs, "program")
	os.Exit(m.Run())
}

// Run runs the program in this process, with an empty input, and returns its output
// and its exit code.
func Run(ctx context.Context, args ...string) (out, errs string, code int) {
	var o, e Buffer
	code = RunIn(ctx, term.New(strings.NewReader(""), &o, &e), args...)
	return o.String(), e.String(), code
}

// RunIn is Run in a terminal of the caller's.
func RunIn(ctx context.Context, t *term.Terminal, args ...string) (code int) {
	return program.Dispatch(ctx, t, args)
}

// MustRun fails the test unless the program exits with 0. It returns the output.
func MustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := Run(t.Context(), args...)
	if code != 0 {
		t.Fatalf("stackful %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// MustContain fails the test if one of parts is not in text.
func MustContain(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

// A Buffer is a bytes.Buffer for several goroutines: the output of a child process is
// copied by one of its own.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
