package simtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/internal/simrun"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct{ pattern, name, want string }{
		{".", "TestA", "^TestA$"},
		{"A", "TestB", ""},
		{"^TestA$", "TestA", "^TestA$"},
		{"A/x|y", "TestA", "^TestA$/x"},
		{"A/x|y", "TestBy", "^TestBy$"},
		{"A/x|TestA/z", "TestA", "^TestA$/x|^TestA$/z"},
		{"(A|B)/x[/|]", "TestB", "^TestB$/x[/|]"},
		{`A\|B`, "TestA", ""},
	} {
		p, err := newPattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.forTest(c.name); got != c.want {
			t.Errorf("%q for %s: got %q, want %q", c.pattern, c.name, got, c.want)
		}
	}
	if _, err := newPattern("A|("); err == nil {
		t.Error("no error")
	}
}

// The beginning and the end of a long output are kept.
func TestOutput(t *testing.T) {
	var o output
	for range 10_000 {
		if n, err := o.Write([]byte(strings.Repeat("x", 99) + "\n")); n != 100 || err != nil {
			t.Fatal(n, err)
		}
	}
	o.Write([]byte("the end\n"))
	got := string(o.bytes())
	if len(got) < 2*half || len(got) > 4*half || !strings.HasSuffix(got, "x\nthe end\n") || !strings.Contains(got, " bytes are left out ...") {
		t.Errorf("%d bytes: %.200q", len(got), got[len(got)-200:])
	}
	var small output
	small.Write([]byte("a"))
	small.Write([]byte("b"))
	if got := string(small.bytes()); got != "ab" {
		t.Errorf("got %q", got)
	}
}

// file makes a file with a content, and returns its name.
func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What a process has left is made whole.
func TestFiles(t *testing.T) {
	for _, c := range []struct{ left, trimmed, completed string }{
		{"", "", "[\n]\n"},
		{"[\n{1},\n{2}\x00\x00", "[\n{1},\n{2}", "[\n{1},\n{2}\n]\n"},
		{"[\n{1},\n{2", "[\n{1},\n{2", "[\n{1}\n]\n"},
		{"[\n{1" + strings.Repeat("\x00", 200<<10), "[\n{1", "[\n]\n"},
	} {
		name := file(t, c.left)
		if err := trim(name); err != nil {
			t.Fatal(err)
		}
		if got := content(t, name); got != c.trimmed {
			t.Errorf("%.20q: trimmed %.20q, want %q", c.left, got, c.trimmed)
		}
		if err := complete(name); err != nil {
			t.Fatal(err)
		}
		if got := content(t, name); got != c.completed {
			t.Errorf("%.20q: completed %.20q, want %q", c.left, got, c.completed)
		}
	}
	long := strings.Repeat("a line\n", 100_000) + "b\nc\n"
	if got, err := tail(file(t, long), 2); err != nil || strings.Join(got, " ") != "b c" {
		t.Errorf("the last lines are %q, %v", got, err)
	}
	if got, err := tail(file(t, "a\n"), 2); err != nil || strings.Join(got, " ") != "a" {
		t.Errorf("the last line is %q, %v", got, err)
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"x\ny\nz\n", "x\ny\nw\n", "event 3 differs first:\n  after     y\n  one has   z\n  the other w"},
		{"x\n", "x\ny\n", "event 2 differs first:\n  after     x\n  one has   nothing more\n  the other y"},
		{"x\n", "x\n", "fails (exit status 1), after 5 switches, hash 0000000000000007"},
	} {
		a, b := &outcome{log: file(t, c.a)}, &outcome{log: file(t, c.b), end: "exit status 1"}
		b.page.Hash, b.page.Switches = 7, 5
		got, err := difference(a, b)
		if err != nil || !strings.Contains(got, c.want) {
			t.Errorf("got %q, %v, want %q", got, err, c.want)
		}
	}
}

// Idle stacks, the runtime's goroutines and registers are taken out of a dump.
func TestWithoutNoise(t *testing.T) {
	const dump = `SIGQUIT: quit

goroutine 0 gp=0x1 m=0 [idle]:
runtime.futex()

goroutine 1 gp=0x2 m=nil [chan receive]:
testing.(*T).Run(0x1)
runtime.goexit({})

goroutine 3 gp=0x3 m=nil [GC sweep wait]:
runtime.gopark()
created by runtime.gcenable in goroutine 1

goroutine 4 gp=0x4 m=nil [coroutine]:
trampoline2()
	/arch_amd64.s:1
created by github.com/stackful-go/stackful.makeCarriers in goroutine 1

goroutine 5 gp=0x5 m=nil [runnable]:
example.com/a.Test()
created by github.com/stackful-go/stackful.makeCarriers in goroutine 1

goroutine 6 gp=0x6 m=nil [coroutine]:
github.com/stackful-go/stackful.switchNative(0x1)
github.com/stackful-go/stackful/poller/internal/sched.(*Hub).rootLoop(0x1)

rax    0x1
rbx    0x2`
	var kept []string
	for _, part := range strings.Split(string(withoutNoise([]byte(dump))), "\n\n") {
		first, _, _ := strings.Cut(part, " gp=")
		kept = append(kept, first)
	}
	if got := strings.Join(kept, ", "); got != "SIGQUIT: quit, goroutine 1, goroutine 5" {
		t.Error(got)
	}
}

// The command that is printed can be given to a shell.
func TestCommand(t *testing.T) {
	r := &Runner{Options: Options{Again: []string{"stackful", "test", "-sim", "-ldflags=-X a.b=it's"}, Short: true, Args: []string{"-x", "$y"}}}
	got := r.command(&test{run: "^TestA$/x'", pkg: Package{Arg: "./a"}}, 7)
	const want = `stackful test -sim '-ldflags=-X a.b=it'\''s' -seed 7 -short -run '^TestA$/x'\''' ./a -args -x '$y'`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		state   simrun.State
		failed  bool // the test
		skipped bool
		end     string
		want    string // result and explanation
	}{
		{simrun.Ended, false, false, "", "passes"},
		{simrun.Ended, false, true, "", "is skipped"},
		{simrun.Ended, true, false, "exit status 1", "fails"},
		{simrun.Broken, false, false, "exit status 1", "fails"},
		{simrun.Ended, false, false, "exit status 1", "fails: the test itself has passed, but the process failed: exit status 1"},
		{simrun.Running, false, false, "signal: killed", "fails: signal: killed"},
		{simrun.Running, false, false, "", "fails: the process has ended before the test had"},
		{simrun.NotBegun, false, false, "", "fails: the process has ended without running the test in a simulation: does TestMain call m.Run?"},
	} {
		o := &outcome{end: c.end}
		o.page.State, o.page.Failed, o.page.Skipped = c.state, c.failed, c.skipped
		got, _, _ := strings.Cut(strings.ReplaceAll(o.result(0), " ("+c.end+")", ""), ",")
		if text := o.explanation(); text != "" {
			got += ": " + text
		}
		if got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}
