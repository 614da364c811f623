package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

const doctorAbout = `
Which backend this process runs on and why, what it found about the machine, and
a self-test of some seconds, in a process of its own if one can be started. The whole text is meant to
be pasted into a bug report; the last line sums it up.

Exit status 1 means that the self-test failed. The portable backend is no failure:
it does the same, slower.
`

func runDoctor(ctx context.Context, t *terminal, args []string) error {
	fs := newFlags(t, "doctor", "", doctorAbout)
	d := fs.Duration("d", 2*time.Second, "")
	if err := parse(fs, args, false); err != nil {
		return err
	}
	lines := sheet{left: "ll"}
	lines.row("module", moduleText())
	lines.row("backend", backendText())
	lines.row("go", fmt.Sprintf("%s %s/%s, %s, GOMAXPROCS %d of %d, race detector %v", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.Compiler, runtime.GOMAXPROCS(0), runtime.NumCPU(), raceBuild))
	lines.row("layout", layoutText())
	addCPU(&lines)
	_, how := asm.ShadowStack()
	lines.row("shadow stack", how)
	for _, k := range kernelFacts() {
		lines.row(k.name, k.text)
	}
	for _, name := range []string{"GODEBUG", "GOGC", "GOMEMLIMIT", "GOTRACEBACK"} {
		if v := os.Getenv(name); v != "" {
			lines.row(name, v)
		}
	}
	lines.write(t.out, "")
	t.status("self-test ...")
	text, err := selfTestInChild(ctx, *d)
	t.status("")
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
	t.printf("verdict       %s; %s; %s; %s\n", verdict, backendText(), cpuName(), systemName())
	if err != nil {
		return errReported
	}
	return nil
}

// A fact is one line of doctor's text.
type fact struct{ name, text string }

func moduleText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "built without module information"
	}
	words := []string{info.Main.Path, info.Main.Version}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision", "vcs.modified", "-tags", "-race", "-gcflags", "-ldflags", "-buildmode", "CGO_ENABLED", "GOAMD64", "GOARM64":
			words = append(words, s.Key+"="+s.Value)
		}
	}
	return strings.Join(words, " ")
}

func layoutText() string {
	table := asm.Compiled()
	if err := table.Check(); err != nil {
		return "does not fit: " + err.Error()
	}
	return "the table for " + table.LayoutGo + " fits this binary"
}

func addCPU(lines *sheet) {
	c := asm.Identify()
	lines.row("cpu", fmt.Sprintf("%s (%s)", cpuName(), c.Vendor))
	size := func(bytes int) string {
		if bytes <= 0 {
			return "?"
		}
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	lines.row("", fmt.Sprintf("%d cores, %d threads; L1D %s, L2 %s, L3 %s, line %d bytes", c.PhysicalCores, c.LogicalCores,
		size(c.L1D), size(c.L2), size(c.L3), c.CacheLine))
	clock := fmt.Sprintf("%s, %.3f GHz", c.CounterName, c.CountersPerSec/1e9)
	if ns, ok := casCost(5 * time.Millisecond); ok {
		clock += fmt.Sprintf("; compare-and-swap %s ns", digits(ns))
	}
	lines.row("counter", clock)
	const width = 100
	name, line := "features", ""
	for _, f := range c.Features {
		if len(line)+len(f) > width {
			lines.row(name, line)
			name, line = "", ""
		}
		line = strings.TrimSpace(line + " " + f)
	}
	lines.row(name, line)
}

func systemName() string {
	for _, k := range kernelFacts() {
		if k.name == "kernel" {
			return k.text
		}
	}
	return runtime.GOOS
}

func printSelfTest(t *terminal, text string) {
	for line := range strings.Lines(text) {
		t.printf("self-test     %s\n", strings.TrimRight(line, "\n"))
	}
}

// selfTestHere runs the self-test in this process. A switch that goes wrong may end it, so
// each line is printed as it comes.
func selfTestHere(ctx context.Context, t *terminal, d time.Duration) error {
	lines, out := io.Pipe()
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		for s := bufio.NewScanner(lines); s.Scan(); {
			printSelfTest(t, s.Text())
		}
	}()
	err := runSelfTest(ctx, newTerminal(strings.NewReader(""), out, out), []string{"-d", d.String()})
	out.Close()
	<-printed
	if err != nil {
		return errSelfTest
	}
	return nil
}

// errSelfTest is the verdict on a self-test that printed what failed.
var errSelfTest = errors.New("see above")

// errNotStarted is wrapped by the error of selfTestInChild if there was no process: a
// system that runs this program under a user-mode emulator may not know how to start it.
var errNotStarted = errors.New("a process of its own was not started")

// executable finds this program; a variable for the tests.
var executable = os.Executable

// selfTestInChild runs the self-test in a process of its own, since a switch
// that goes wrong may end the process. It returns what that has printed.
func selfTestInChild(ctx context.Context, d time.Duration) (text string, err error) {
	exe, err := executable()
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotStarted, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*d+time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, "self-test", "-d", d.String())
	cmd.Stdout, cmd.Stderr = &out, &out
	// What is freed too early shows itself at once. An own setting comes last, and counts.
	cmd.Env = append(os.Environ(), "GODEBUG="+strings.Trim("clobberfree=1,"+os.Getenv("GODEBUG"), ","))
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("%w: %w", errNotStarted, err)
	}
	err = cmd.Wait()
	text = out.String()
	const most = 200 // lines of a crash
	if lines := strings.SplitAfter(text, "\n"); len(lines) > most {
		text = strings.Join(lines[:most], "") + "...\n"
	}
	return text, err
}

// A selfTest notes what it has seen, in about the time that it is given.
type selfTest struct {
	name string
	run  func(ctx context.Context, note io.Writer, d time.Duration) error
}

var selfTests = []selfTest{
	{"wrong layout tables", testWrongTables},
	{"switches beside a loop of collections", testSwitches},
	{"panics and exits beside profiles and traces", testPanics},
	{"sequences and moves beside a loop of collections", testPull},
	{"echo over TCP", testEcho},
}

func runSelfTest(ctx context.Context, t *terminal, args []string) error {
	fs := newFlags(t, "self-test", "", "")
	d := fs.Duration("d", 2*time.Second, "")
	if err := parse(fs, args, false); err != nil {
		return err
	}
	failed := false
	for _, test := range selfTests {
		var note strings.Builder
		err := test.run(ctx, &note, *d/time.Duration(len(selfTests)-1)) // the first one takes no time
		switch {
		case err != nil:
			failed = true
			t.printf("FAILED  %s: %v\n", test.name, err)
		default:
			t.printf("ok      %s: %s\n", test.name, note.String())
		}
	}
	if failed {
		return errReported
	}
	if !stackful.Backend().Native {
		t.printf("note    on the portable backend: each coroutine is a goroutine of its own\n")
	}
	return nil
}
