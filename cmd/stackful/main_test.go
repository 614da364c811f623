package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/coro"
)

// The tool starts itself as a child; under test it is the test binary.
const actAsTool = "STACKFUL_TEST_ACT_AS_TOOL"

func TestMain(m *testing.M) {
	switch os.Getenv(actAsTool) {
	case "":
	case "crash":
		panic("crashing on demand")
	default:
		main()
	}
	os.Setenv(actAsTool, "1")
	os.Exit(m.Run())
}

// A lockedBuffer may be written to by a child's output too.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// tool runs the tool and returns what it prints and its exit code.
func tool(ctx context.Context, args ...string) (out, errs string, code int) {
	var o, e lockedBuffer
	code = dispatch(ctx, newTerminal(strings.NewReader(""), &o, &e), args)
	return o.String(), e.String(), code
}

// mustRun fails the test unless the tool exits with 0. It returns what it prints.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := tool(t.Context(), args...)
	if code != 0 {
		t.Fatalf("stackful %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

func mustContain(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", exitUsage, "Usage:"},
		{"help", 0, "stackful echo"},
		{"-h", 0, "stackful doctor"},
		{"help bench", 0, "-million"},
		{"echo -help", 0, "-clients"},
		{"nonsense", exitUsage, "no such subcommand"},
		{"echo -nonsense", exitUsage, "nonsense"},
		{"echo extra", exitUsage, "extra"},
		{"echo -payload 3", exitUsage, "-payload"},
		{"echo -clients -1", exitUsage, "-clients"},
		{"echo -addr 127.0.0.1:7777 -compare", exitUsage, "port 0"},
		{"bench nonsense", exitUsage, "no such benchmark"},
		{"bench -rounds 0", exitUsage, "-rounds"},
		{"demo nonsense", exitUsage, "no such demo"},
	} {
		out, errs, code := tool(t.Context(), strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("stackful %s: exit code %d, want %d and %q\n%s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
}

// Flags for tests are not in the help text, internal subcommands neither.
func TestUsage_hidden(t *testing.T) {
	for _, args := range [][]string{{"help", "bench"}, {"help", "doctor"}, {"help"}} {
		out := mustRun(t, args...)
		for _, hidden := range []string{"-live", "-count", "  -d ", "echo-client", "self-test -"} {
			if strings.Contains(out, hidden) {
				t.Errorf("%v mentions %q", args, hidden)
			}
		}
	}
}

func TestInterrupt(t *testing.T) {
	for _, args := range []string{
		"echo -clients 5 -d 1m",
		"echo -clients 5 -d 1m -compare",
		"bench -rounds 1000000 switch",
		"bench -rounds 1000000 -live 100 gc",
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, interrupt)
		start := time.Now()
		out, errs, code := tool(ctx, strings.Fields(args)...)
		if code != exitInterrupted {
			t.Errorf("stackful %s: exit code %d, want %d\n%s%s", args, code, exitInterrupted, out, errs)
		}
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("stackful %s: took %v to stop", args, took)
		}
	}
}

func TestDemo(t *testing.T) {
	if out := mustRun(t, "demo", "switch"); out != "alex is eat1\nalex is play1\nalex is eat2\nalex is play2\n" {
		t.Errorf("demo switch prints\n%s", out)
	}
	list := mustRun(t, "demo")
	for _, d := range demos {
		mustContain(t, list, "stackful demo "+d.name)
		if d.prints != "" {
			if out := mustRun(t, "demo", "-fast", d.name); out != d.prints {
				t.Errorf("demo %s prints\n%s\nwant\n%s", d.name, out, d.prints)
			}
		}
	}
	mustContain(t, mustRun(t, "demo", "-python", "switch"), "from greenlet import greenlet", "alex is eat1   alex is eat1")
	mustContain(t, mustRun(t, "demo", "server"), "500 connections served, 10000 replies right")
}

func TestDemoGenerators(t *testing.T) {
	mustContain(t, mustRun(t, "demo", "-fast", "generators"), "in series ", "yield and send ", "goroutine and channel ", " 49995000\n")
}

// needChildren skips a test that is about child processes where the system cannot start
// this program, as under a user-mode emulator.
func needChildren(t *testing.T) {
	exe, err := os.Executable()
	if err == nil {
		cmd := exec.Command(exe, "help")
		if err = cmd.Start(); err == nil {
			cmd.Wait()
		}
	}
	if err != nil {
		t.Skip(err)
	}
}

func TestDoctor(t *testing.T) {
	out := mustRun(t, "doctor", "-d", "200ms")
	mustContain(t, out, "backend ", "layout ", "cpu ", "shadow stack ", "kernel ",
		"self-test     ok      wrong layout tables", "self-test     ok      switches", "self-test     ok      panics",
		"self-test     ok      sequences", "self-test     ok      echo", "verdict       ok; ")
}

// A self-test that crashes is told of, with what it printed.
func TestDoctor_crash(t *testing.T) {
	needChildren(t)
	t.Setenv(actAsTool, "crash")
	out, _, code := tool(t.Context(), "doctor", "-d", "200ms")
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	mustContain(t, out, "self-test     panic: crashing on demand", "verdict       SELF-TEST FAILED: exit status 2")
}

// Where no process can be started, as under a user-mode emulator that the system does not
// know of, the self-test runs here, and says so.
func TestDoctor_noProcess(t *testing.T) {
	noProgram := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(noProgram, []byte("of another processor"), 0o755); err != nil {
		t.Fatal(err)
	}
	defer func(old func() (string, error)) { executable = old }(executable)
	for name, find := range map[string]func() (string, error){
		"cannot be started": func() (string, error) { return noProgram, nil },
		"cannot be found":   func() (string, error) { return "", errors.New("no executable") },
	} {
		t.Run(name, func(t *testing.T) {
			executable = find
			mustContain(t, mustRun(t, "doctor", "-d", "200ms"), "self-test     note    in this process",
				"self-test     ok      wrong layout tables", "self-test     ok      echo", "verdict       ok; ")
		})
	}
}

// A self-test that fails in this process is no success.
func TestDoctor_noProcessFails(t *testing.T) {
	defer func(old func() (string, error)) { executable = old }(executable)
	executable = func() (string, error) { return "", errors.New("no executable") }
	defer func(old []selfTest) { selfTests = old }(selfTests)
	selfTests = []selfTest{{"one", testWrongTables}, {"two", func(context.Context, io.Writer, time.Duration) error {
		return errors.New("on demand")
	}}}
	out, _, code := tool(t.Context(), "doctor", "-d", "200ms")
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	mustContain(t, out, "self-test     ok      one", "self-test     FAILED  two: on demand", "verdict       SELF-TEST FAILED: see above; ")
}

// The self-test notices a value that is not what was sent.
func TestSelfTest_wrongValue(t *testing.T) {
	for name, wrong := range map[string]any{"token": &token{from: 1, check: 1}, "type": "text"} {
		p := &party{root: coro.Current(), random: rand.New(rand.NewPCG(1, 2))}
		p.members = []*coro.Coroutine{coro.New(func(any) any {
			p.switches = 1023 // the next one is to the root
			p.pass(0, &token{from: 0, check: ^0})
			return nil
		})}
		p.members[0].Switch(nil)
		if p.failure != nil {
			t.Fatal(p.failure)
		}
		p.members[0].Switch(wrong)
		if p.failure == nil {
			t.Errorf("a wrong %s was not noticed", name)
		}
	}
}
