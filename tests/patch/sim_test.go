//go:build linux && !poller_std

package patch

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A simulated is the packages of testdata/sim, a module that does not require this one, in a folder of its own, and
// another one for temporary files, which must be empty in the end.
type simulated struct {
	t              *testing.T
	tool, dir, tmp string
}

func newSimulated(t *testing.T) simulated {
	t.Helper()
	s := simulated{t, tool(t), t.TempDir(), t.TempDir()}
	if err := os.CopyFS(s.dir, os.DirFS("testdata/sim")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(s.tmp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return s
}

// run runs `stackful test -sim` with args, and returns what it prints, and its exit code.
func (s simulated) run(args ...string) (out string, code int) {
	s.t.Helper()
	return s.command(append([]string{s.tool, "test", "-sim"}, args...)...)
}

func (s simulated) command(args ...string) (out string, code int) {
	s.t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+s.tmp)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// reports cuts the output into what is said of each test, without the times.
func reports(out string) map[string]string {
	all := make(map[string]string)
	begin := 0
	for _, m := range regexp.MustCompile(`(?m)^(?:ok  |FAIL|skip)\t\S+\t(Test\w*)\t.*\n`).FindAllStringSubmatchIndex(out, -1) {
		all[out[m[2]:m[3]]] = regexp.MustCompile(`\t\d+\.\ds\n`).ReplaceAllString(out[begin:m[1]], "\n")
		begin = m[1]
	}
	return all
}

// Each way in which a test ends is that of an ordinary test.
func TestSim_ends(t *testing.T) {
	s := newSimulated(t)
	out, code := s.run("-seeds", "3", "-timeout", "5s", "-run", "FailNow|Skip|Goexit|TestPanic|Deadlock|Busy|TestExit|Sub|Parallel|Left|Log", "./ends")
	got := reports(out)
	if code != 1 || len(got) != 11 {
		t.Errorf("exit code %d, %d tests\n%s", code, len(got), out)
	}
	for name, want := range map[string][]string{
		"TestFailNow": {"with seed 0 (1 of 1 run failed)", "as it should\n", "deferred\n", "cleanup, in a simulation: true\n", "\n    FAIL\n", "the test ends\n",
			"to see it again: stackful test -sim -seed 0 -run '^TestFailNow$' ./ends\n", "FAIL\texample.com/sim/ends\tTestFailNow\tseed 0, 1 of 1 run failed\n"},
		"TestSkip":     {"skip\texample.com/sim/ends\tTestSkip\tends_test.go:", ": not today\n"},
		"TestGoexit":   {"panic: test executed panic(nil) or runtime.Goexit\n", "exit status 2\n"},
		"TestPanic":    {"--- FAIL: TestPanic (0.00s)\n", "before\n", "panic: as it should", "ends.TestPanic(", "exit status 2\n"},
		"TestDeadlock": {"logged before\n", "poller: tasks would wait for ever\n", "TestDeadlock: waiting for receive", "the simulation ends: "},
		"TestBusy":     {"SIGQUIT: quit\n", "ends.TestBusy(", "it was ended after 5s of real time\n"},
		"TestExit":     {"unexpected call to os.Exit(0) during test", "exit status 2\n"},
		"TestSub":      {"--- FAIL: TestSub/b", "as it should\n", "b is cleaned up\n", "the last line\n"},
		"TestParallel": {"ok  \texample.com/sim/ends\tTestParallel\t3 seeds\n"},
		"TestLeft":     {"ok  \texample.com/sim/ends\tTestLeft\t3 seeds\n"},
		"TestLog":      {"ok  \texample.com/sim/ends\tTestLog\t3 seeds\n"},
	} {
		for _, text := range want {
			if !strings.Contains(got[name], text) {
				t.Errorf("%s lacks %q:\n%s", name, text, got[name])
			}
		}
	}
	for name, text := range map[string]string{"TestFailNow": "panic:", "TestDeadlock": "no tests to run", "TestBusy": "trampoline0()\n    \truntime"} {
		if strings.Contains(got[name], text) {
			t.Errorf("%s has %q:\n%s", name, text, got[name])
		}
	}
	if out, code := s.run("-seed", "0", "-run", "TestSub/a", "./ends"); code != 0 || !strings.Contains(out, "\tTestSub\tseed 0\t") {
		t.Errorf("a subtest: exit code %d\n%s", code, out)
	}
}

// A run whose goroutine cannot be preempted ends, too, though not with its stack.
func TestSim_cannotBePreempted(t *testing.T) {
	s := newSimulated(t)
	t.Setenv("GODEBUG", "asyncpreemptoff=1")
	out, code := s.run("-seed", "0", "-timeout", "1s", "-run", "TestBusy", "./ends")
	if code != 1 || !strings.Contains(out, "SIGQUIT: quit\n") || !strings.Contains(out, "it was ended after 1s of real time\n") ||
		!strings.Contains(out, "stack unavailable") && !strings.Contains(out, "ends.TestBusy(") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// Ordinary packages, that know nothing of tasks.
func TestSim_plain(t *testing.T) {
	s := newSimulated(t)
	timeline := filepath.Join(s.dir, "a.json")
	out, code := s.run("-seeds", "200", "-timeline", timeline, "./plain")
	got := reports(out)
	if code != 1 || len(got) != 7 {
		t.Errorf("exit code %d, %d tests\n%s", code, len(got), out)
	}
	for name, want := range map[string][]string{
		"TestTake":     {"-1 bolts are left\n", " main@main waits for sync.WaitGroup.Wait\n", "gives way at plain.go:27 (*Stock).Take\n", "  plain_test.go:9 TestTake\n", "task-3@main  plain_test.go:13 TestTake\n", "main@main is ready: woken by task-"},
		"TestDeadlock": {"logged before\n", "poller: tasks would wait for ever\n", "    --- FAIL: TestDeadlock/sub (0.00s)\n", "logged in the subtest\n", "task-2, plain_test.go:27 TestDeadlock: waiting for chan receive"},
		"TestSubtests": {"ok  \texample.com/sim/plain\tTestSubtests\t200 seeds\n"},
		"TestPasses":   {"ok  \texample.com/sim/plain\tTestPasses\t200 seeds\n"},
		"TestFailNow":  {"as it should\n", "cleanup at 2000-01-01 01:00:00 +0000 UTC\n"},
		"TestPanics":   {"panic: as it should\n", "plain.TestPanics.func", "exit status 2\n"},
		"TestOutside":  {"poller: tasks would wait for ever\n", " goroutines outside of the simulation, which must not wake its tasks:\n", " plain_test.go:90 serve, started by example.com/sim/plain.init.0\n"},
	} {
		for _, text := range want {
			if !strings.Contains(got[name], text) {
				t.Errorf("%s lacks %q:\n%s", name, text, got[name])
			}
		}
	}
	checkTimeline(t, timeline, "TestTake")
}

// What has the random numbers of a simulation's process be known has no such effect on other programs.
func TestSim_keys(t *testing.T) {
	s := newSimulated(t)
	t.Setenv("STACKFUL_SIM", "test")
	a, code := s.command(s.tool, "run", "./keys")
	b, _ := s.command(s.tool, "run", "./keys")
	if code != 0 || a == b {
		t.Errorf("two processes, with exit code %d, have the keys %s and %s", code, a, b)
	}
}

// Of two tests of one name, in a package and in that of its external tests, the second cannot be run: that is said.
func TestSim_twice(t *testing.T) {
	s := newSimulated(t)
	out, code := s.run("-seeds", "2", "./twice")
	if got := reports(out); code != 1 || len(got) != 2 || !strings.Contains(out, "ok  \texample.com/sim/twice\tTest\t2 seeds\t") ||
		!strings.Contains(out, "FAIL\texample.com/sim/twice\tTest\tis the name of two functions") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// A test that never stops to switch ends.
func TestSim_endless(t *testing.T) {
	s := newSimulated(t)
	out, code := s.run("-seed", "0", "-run", "Endless", "./ends")
	if code != 1 || !strings.Contains(out, "the simulation does not end: 500000 switches") || !strings.Contains(out, "TestEndless: ready") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// A bug is found, and seen again, with its schedule.
func TestSim_found(t *testing.T) {
	s := newSimulated(t)
	log, timeline := filepath.Join(s.dir, "a.log"), filepath.Join(s.dir, "a.json")
	out, code := s.run("-seeds", "60", "-log", log, "-timeline", timeline, "./order")
	got := reports(out)
	if code != 1 || got["TestPasses"] != "ok  \texample.com/sim/order\tTestPasses\t60 seeds\n" {
		t.Errorf("exit code %d\n%s", code, out)
	}
	lost := got["TestLost"]
	for _, text := range []string{"an update is lost\n", "the sum is 1\n", "order_test.go:", " TestLost is started by main@main\n", "task-2@main gives way\n", "-log: " + log + "\n"} {
		if !strings.Contains(lost, text) {
			t.Errorf("TestLost lacks %q:\n%s", text, lost)
		}
	}
	if text := got["TestProcess"]; !strings.Contains(text, "it depends on something else than the seed") || !strings.Contains(text, "differs first:\n") || !strings.Contains(text, "look for what is outside of the simulation: the process's number") {
		t.Errorf("that a test depends on its process was not found:\n%s", text)
	}
	whole, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(whole), "main@main, order_test.go:") || !strings.HasSuffix(string(whole), "  the test ends\n") {
		t.Errorf("the log: %v\n%s", err, whole)
	}
	checkTimeline(t, timeline, "TestLost")

	// The command that is printed does the same again.
	m := regexp.MustCompile(`to see it again: stackful (test -sim -seed \d+ -run )'(.*)' (.*)\n`).FindStringSubmatch(lost)
	if m == nil {
		t.Fatalf("there is no command in\n%s", lost)
	}
	body := func(report string) string {
		_, report, _ = strings.Cut(report, "\n")
		report, _, _ = strings.Cut(report, "    -log: ")
		report, _, _ = strings.Cut(report, "    to see it again: ")
		return report
	}
	for range 2 {
		again, code := s.command(append(append([]string{s.tool}, strings.Fields(m[1])...), m[2], m[3])...)
		if body(again) != body(lost) || code != 1 {
			t.Errorf("again, with exit code %d:\n%s\nwant\n%s", code, again, lost)
		}
	}

	// The schedules of a run that passes.
	if out, code := s.run("-seed", "7", "-run", "Passes", "-log", log, "-timeline", timeline, "./order"); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if text, err := os.ReadFile(log); err != nil || !strings.Contains(string(text), "\n 3600.000000  main@main runs\n") {
		t.Errorf("the log: %v\n%s", err, text)
	}
	checkTimeline(t, timeline, "TestPasses")

	out, _ = s.run("-seeds", "60", "-all", "-p", "3", "-run", "Lost", "./order")
	if m := regexp.MustCompile(`(\d+) of 60 runs failed`).FindStringSubmatch(out); m == nil || len(m[1]) != 2 || !strings.Contains(out, "seeds that fail: ") {
		t.Errorf("with -all:\n%s", out)
	}
}

// checkTimeline checks that the file is one that has the test as its first task: spans of a track do not overlap, and
// arrows have two ends.
func checkTimeline(t *testing.T, name, test string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Ph, Name string
		Pid, Tid int
		ID       int
		Ts, Dur  float64
		Args     struct{ Name string }
	}
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	ends, arrows, names := make(map[int]float64), make(map[int]string), make(map[int]string)
	spans := 0
	for _, e := range events {
		switch e.Ph {
		case "M":
			names[e.Tid] = e.Args.Name
		case "X":
			spans++
			if e.Ts < ends[e.Tid]-0.0011 {
				t.Errorf("%s: a span at %v, before the end of the last, %v", names[e.Tid], e.Ts, ends[e.Tid])
			}
			ends[e.Tid] = e.Ts + e.Dur
		case "s", "f":
			arrows[e.ID] += e.Ph
		}
	}
	if !strings.HasPrefix(names[0], "seed ") || !strings.Contains(names[1], test) || spans < 3 {
		t.Errorf("%d spans of tracks %v", spans, names)
	}
	for id, ends := range arrows {
		if ends != "sf" && ends != "s" { // the task may not have run any more
			t.Errorf("the ends of arrow %d are %q", id, ends)
		}
	}
}

// The schedule of a process that dies is whole as far as it goes.
func TestSim_recordOfDeath(t *testing.T) {
	s := newSimulated(t)
	timeline := filepath.Join(s.dir, "a.json")
	out, code := s.run("-seed", "0", "-run", "TaskPanics", "-timeline", timeline, "./ends")
	if code != 1 || !strings.Contains(out, "panic: in a task") || !strings.Contains(out, "main@main waits for sleep") || !strings.Contains(out, "\n    exit status 2\n") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	checkTimeline(t, timeline, "TestTaskPanics")
}

func TestSim_calls(t *testing.T) {
	s := newSimulated(t)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"./none", 0, "?   \texample.com/sim/none\t[no test files]\n"},
		{"./broken", 1, "undefined: undefined"},
		{"./broken", 1, "FAIL\texample.com/sim/broken [build failed]\n"},
		{"-run Nothing ./order", 0, "ok  \texample.com/sim/order\t[no tests to run]\n"},
		{"-run Passes -seed 3 -v ./order", 0, "=== RUN   TestPasses\n"},
		{"-tags x,y -run Tags -seed 3 ./order", 0, "TestTags\tseed 3"},
		{"-seed 1 -date 2026-03-04 -run FailNow ./plain", 1, "cleanup at 2026-03-04 01:00:00 +0000 UTC"},
		{"-seed 1 -date 2026-03-04 -run FailNow ./plain", 1, "again: stackful test -sim -date 2026-03-04 -seed 1 "},
		{"./nonexistent", 1, "nonexistent"},
		{"-json ./order", 2, "-json"},
		{"-seeds x ./order", 2, "-seeds"},
		{"-seeds 0 ./order", 2, "-seeds"},
		{"-seed 1 -seeds 5 ./order", 2, "-seed"},
		{"./order -seeds", 2, "needs an argument"},
		{"-run ( ./order", 2, "-run"},
		{"order/order_test.go", 2, "packages"},
	} {
		if out, code := s.run(strings.Fields(c.args)...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit code %d, want %d and %q\n%s", c.args, code, c.code, c.says, out)
		}
	}
	if out, code := s.command(s.tool, "test", "-C", "order", "-sim", "-seed", "1", "-run", "Passes", "."); code != 0 {
		t.Errorf("with -C: exit code %d\n%s", code, out)
	}
	if out, code := s.command(s.tool, "test", "-v", "-run", "Take", "./plain"); code != 0 || !strings.Contains(out, "--- PASS: TestTake") {
		t.Errorf("without -sim: exit code %d\n%s", code, out)
	}
	if left, err := filepath.Glob(s.dir + "/*.work*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	cmd := exec.Command(s.tool, "help", "test")
	if out, err := cmd.Output(); err != nil || !bytes.Contains(out, []byte("-timeline FILE")) {
		t.Errorf("help: %v\n%s", err, out)
	}
}
