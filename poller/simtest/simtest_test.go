package simtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/simtest"
)

// A counter that is read before a wait and written after it loses updates, with some
// seeds. (In the test binary itself that is no failure: fixtures are run by
// TestRun_failures.)
func TestFixture(t *testing.T) {
	fixtures := map[string]func(t *testing.T, s *poller.Sim){
		"lost": func(t *testing.T, s *poller.Sim) {
			count := 0
			add := func() {
				was := count
				poller.Sleep(time.Duration(s.Rand().IntN(2)) * time.Millisecond)
				count = was + 1
			}
			poller.JoinAll(poller.Go(add), poller.Go(add))
			if count != 2 {
				t.Errorf("counted %d", count)
			}
		},
		"deadlock": func(t *testing.T, s *poller.Sim) { new(poller.Event).Wait() },
		"failnow":  func(t *testing.T, s *poller.Sim) { poller.Go(func() { t.Fatal("fatal in a task") }).Join() },
		"map": func(t *testing.T, s *poller.Sim) {
			m := make(map[*int]bool) // in a patched program the seed determines the order of others
			for i := range 1000 {
				m[&i] = true
			}
			for i := range m {
				s.Tracef("%d", *i)
			}
		},
		"payload": func(t *testing.T, s *poller.Sim) {
			l, _ := poller.Listen("tcp", ":1")
			defer l.Close()
			c, _ := poller.Dial("tcp", "main:1")
			runs++
			fmt.Fprintf(c, "run %d", runs)
			poller.Sleep(time.Second)
		},
		"fine": func(t *testing.T, s *poller.Sim) { poller.Sleep(1); s.Tracef("number %d", s.Rand().Uint64()) },
	}
	f := fixtures[os.Getenv("SIMTEST_FIXTURE")]
	if f == nil {
		t.Skip("for TestRun_failures")
	}
	simtest.Run(t, 40, f)
}

var runs int // of the fixture payload

func TestRun_failures(t *testing.T) {
	if err := exec.Command(os.Args[0], "-test.list=^$").Run(); err != nil {
		t.Skip("a program cannot start itself here, as under an emulator: ", err)
	}
	for _, c := range []struct {
		fixture string
		args    string
		fails   bool
		want    []string
		not     []string
	}{
		{"lost", "", true, []string{"--- FAIL: TestFixture/seed=", "--- PASS: TestFixture/seed=",
			"to see it again: go test -run '^TestFixture$' -simtest.first="}, nil},
		{"lost", "-simtest.first=100 -simtest.seeds=3", true, []string{"seed=100", "seed=102"}, []string{"seed=99", "seed=103"}},
		{"deadlock", "", true, []string{"tasks would wait for ever", ": waiting for event"}, nil},
		{"failnow", "", true, []string{"fatal in a task", "FAIL: TestFixture/seed=39"}, nil},
		{"map", "", true, []string{"FAIL: TestFixture/seed=0", "does not determine what happens", "PASS: TestFixture/seed=7"}, nil},
		{"payload", "", true, []string{"FAIL: TestFixture/seed=0", "does not determine what is sent"}, nil},
		{"fine", "-simtest.seeds=2 -simtest.trace", false, []string{"PASS: TestFixture/seed=1", "main@main runs", "number "}, []string{"seed=2"}},
	} {
		args := append([]string{"-test.run=^TestFixture$", "-test.v"}, strings.Fields(c.args)...)
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = append(os.Environ(), "SIMTEST_FIXTURE="+c.fixture)
		out, err := cmd.CombinedOutput()
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", c.fixture, err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s %s: no %q in\n%s", c.fixture, c.args, want, out)
			}
		}
		for _, not := range c.not {
			if strings.Contains(string(out), not) {
				t.Errorf("%s %s: %q in\n%s", c.fixture, c.args, not, out)
			}
		}
	}
}
