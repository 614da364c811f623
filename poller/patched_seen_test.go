//go:build linux && !poller_std

package poller

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"
)

//go:noinline
func patchedReceiveHere(c chan int) { <-c }

//go:noinline
func patchedLockHere(mu *sync.Mutex) { mu.Lock(); defer mu.Unlock() }

// Dumps and profiles of goroutines show a waiting task as the waiting goroutine that its
// carrier is.
func TestPatched_goroutineDump(t *testing.T) {
	inPatched(t, func() {
		c := make(chan int)
		task := waitingTask(func() { patchedReceiveHere(c) })
		all := make([]byte, 1<<20)
		all = all[:runtime.Stack(all, true)]
		var profile bytes.Buffer
		needNil(t, pprof.Lookup("goroutine").WriteTo(&profile, 2))
		for name, text := range map[string]string{"Stack": string(all), "the profile": profile.String()} {
			found := false
			for g := range strings.SplitSeq(text, "\n\n") {
				if strings.Contains(g, "poller.patchedReceiveHere(") {
					found = strings.Contains(g, "[chan receive")
				}
			}
			if !found {
				t.Errorf("%s does not show the waiter:\n%s", name, text)
			}
		}
		profile.Reset()
		needNil(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
		if !strings.Contains(profile.String(), "poller.patchedReceiveHere") {
			t.Errorf("the profile lacks the waiter:\n%s", profile.String())
		}
		c <- 1
		needNil(t, task.Join())
	})
}

// Waits of tasks are in the profiles of blocking and of contention, with the time.
func TestPatched_blockProfile(t *testing.T) {
	inPatched(t, func() {
		runtime.SetBlockProfileRate(1)
		defer runtime.SetBlockProfileRate(0)
		defer runtime.SetMutexProfileFraction(runtime.SetMutexProfileFraction(1))
		const d = 5 * time.Millisecond
		c := make(chan int)
		receiver := waitingTask(func() { patchedReceiveHere(c) })
		var mu sync.Mutex
		mu.Lock()
		contender := waitingTask(func() { patchedLockHere(&mu) })
		time.Sleep(d)
		c <- 1
		patchedUnlockHere(&mu)
		needNil(t, JoinAll(receiver, contender))
		runtime.SetBlockProfileRate(0)
		blocked := blockedIn(t, runtime.BlockProfile)
		for _, f := range []string{"patchedReceiveHere", "patchedLockHere"} {
			if blocked[f] <= 0 {
				t.Errorf("the block profile lacks %s: %v", f, blocked)
			}
		}
		if held := blockedIn(t, runtime.MutexProfile)["patchedUnlockHere"]; held <= 0 {
			t.Errorf("the mutex profile has %d cycles", held)
		}
		// Waits that are ended are no blocking that is over.
		if n := blocked["patchedReceiveHere"]; n > 1000*blocked["patchedLockHere"] {
			t.Errorf("two waits of the same length: %v", blocked)
		}
	})
}

//go:noinline
func patchedUnlockHere(mu *sync.Mutex) { mu.Unlock() }

// blockedIn returns the cycles of a profile by the functions of this file.
func blockedIn(t *testing.T, profile func([]runtime.BlockProfileRecord) (int, bool)) map[string]int64 {
	t.Helper()
	records := make([]runtime.BlockProfileRecord, 10000)
	n, ok := profile(records)
	if !ok {
		t.Fatalf("%d records", n)
	}
	cycles := make(map[string]int64)
	for _, r := range records[:n] {
		frames := runtime.CallersFrames(r.Stack())
		for more := true; more; {
			var f runtime.Frame
			if f, more = frames.Next(); strings.Contains(f.Function, "poller.patched") {
				cycles[f.Function[strings.Index(f.Function, "poller.")+len("poller."):]] += r.Cycles
			}
		}
	}
	return cycles
}

// An execution trace with tasks that are parked and woken, by tasks and by goroutines, is valid.
func TestPatched_trace(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		var buf bytes.Buffer
		if err := trace.Start(&buf); err != nil {
			t.Skip(err) // the tests are traced
		}
		c1, c2 := make(chan int), make(chan int, 1)
		var mu sync.Mutex
		var all []*Task
		for range 5 {
			all = append(all, Go(func() {
				for range 50 {
					mu.Lock()
					c1 <- 1
					mu.Unlock()
					select {
					case c2 <- 1:
					case <-c2:
					}
				}
			}))
		}
		var foreign sync.WaitGroup
		foreign.Go(func() {
			for range 5 * 50 {
				<-c1
			}
		})
		c3, c4 := stdPair(t)
		all = append(all, Go(func() { c3.Read(make([]byte, 1)) }), Go(func() { time.Sleep(time.Millisecond); c4.Write([]byte("x")) }))
		for range 3 {
			runtime.GC()
			Yield()
		}
		for _, task := range all {
			for task.JoinTimeout(time.Millisecond) != nil {
				select { // the senders of c2 may be one too many
				case <-c2:
				default:
				}
			}
		}
		Await(func() (int, error) { foreign.Wait(); return 0, nil })
		trace.Stop()
		c3.Close()
		c4.Close()
		needValidTrace(t, buf.Bytes())
	})
}

func needValidTrace(t *testing.T, data []byte) {
	t.Helper()
	name := t.TempDir() + "/trace"
	needNil(t, os.WriteFile(name, data, 0o600))
	tool, err := exec.LookPath("go")
	if err != nil || testing.Short() {
		return
	}
	out, err := exec.Command(tool, "tool", "trace", "-d=parsed", name).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("StateTransition")) {
		t.Errorf("the trace does not parse: %v\n%s", err, out[max(0, len(out)-2000):])
	}
}

// A profile of leaked goroutines, where there is one, leaves the tasks in peace that wait for what
// nobody else knows of: they can still be ended.
func TestPatched_leakProfile(t *testing.T) {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		t.Skip("there is no such profile")
	}
	inPatched(t, func() {
		mustEnd(t)
		var all []*Task
		for range 10 {
			all = append(all, waitingTask(func() { <-make(chan int) }))
		}
		timed := Go(func() {
			err := WithTimeout(50*time.Millisecond, func() error { <-make(chan int); return nil })
			if !errors.As(err, new(*TimeoutError)) {
				t.Error(err)
			}
		})
		untilReading(timed)
		var text bytes.Buffer
		needNil(t, profile.WriteTo(&text, 2))
		needNil(t, timed.Join())
		for _, task := range all {
			task.Kill()
		}
		again := Go(func() { <-time.After(time.Millisecond) })
		needNil(t, again.Join())
		runtime.GC()
	})
}
