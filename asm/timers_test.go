package asm

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestPendingTimers runs itself in a process in which nothing else has timers: a test has.
func TestPendingTimers(t *testing.T) {
	if !haveTimers {
		if n, ok := PendingTimers(); ok {
			t.Errorf("%d timers are known of where nothing is", n)
		}
		return
	}
	if os.Getenv("STACKFUL_TEST_TIMERS") == "" {
		args := []string{os.Args[0], "-test.run=^TestPendingTimers$", "-test.timeout=0"}
		if path := emulator(); path != "" {
			args = append([]string{path}, args...)
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "STACKFUL_TEST_TIMERS=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	count := func() int {
		t.Helper()
		for range 10_000 {
			if n, ok := PendingTimers(); ok {
				return n
			}
			time.Sleep(10 * time.Microsecond)
		}
		t.Fatal("the answer is never known")
		return 0
	}
	runtime.GC() // then the scavenger has no timer of its own for long
	base := count()
	for deadline := time.Now().Add(10 * time.Second); base != 0 && time.Now().Before(deadline); base = count() {
		time.Sleep(time.Millisecond)
	}
	if base != 0 {
		t.Fatalf("%d timers from the start", base)
	}
	for round := range 20 {
		var timers []*time.Timer
		for i := range 5 {
			timers = append(timers, time.AfterFunc(time.Hour+time.Duration(i), func() {}))
			if n := count(); n != i+1 {
				t.Errorf("round %d: %d timers, want %d", round, n, i+1)
			}
		}
		for i, timer := range timers {
			timer.Stop()
			if n := count(); n != 4-i {
				t.Errorf("round %d: %d timers, want %d", round, n, 4-i)
			}
		}
	}
}

// emulator returns the path of the user-mode emulator that runs this process, "" if there is none,
// as in package process of the tests.
func emulator() string {
	self, err1 := os.Readlink("/proc/self/exe")
	thread, err2 := os.Readlink("/proc/thread-self/exe")
	if err1 != nil || err2 != nil || self == thread {
		return ""
	}
	return thread
}
