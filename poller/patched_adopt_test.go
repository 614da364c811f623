//go:build linux && !poller_std

package poller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/patch"
)

// adopting is Run with AdoptGo, for tests that expect no error.
func adopting(t *testing.T, main func()) {
	t.Helper()
	needPatched(t)
	mustEnd(t)
	needNil(t, Options{TimeSlice: -1, AdoptGo: true}.Run(main))
}

// place says where the caller runs: in a task of which goroutine.
func place() string { return fmt.Sprintf("task %v on %d", Current() != nil, asm.Goid()) }

// Without the patch there is nothing that could adopt.
func TestPatched_adopt_refused(t *testing.T) {
	if sched.RuntimePatched() {
		t.Skip("this is a patched program")
	}
	err := Options{AdoptGo: true}.Run(func() { t.Error("main was called") })
	if !errors.Is(err, patch.ErrNotPatched) {
		t.Error(err)
	}
}

// A go statement of a task starts a task, at whatever depth of coroutines, and also one of a task that was
// started so.
func TestPatched_adopt(t *testing.T) {
	adopting(t, func() {
		here, found := place(), make(chan string, 1)
		check := func(what string) {
			t.Helper()
			if got := <-found; got != here {
				t.Errorf("%s: %s, want %s", what, got, here)
			}
		}
		tell := func() { found <- place() }
		go tell()
		check("go in main")
		go func() { go func() { time.Sleep(time.Microsecond); go tell() }() }()
		check("go in a task of go")
		Go(func() { go tell() })
		check("go in a task of Go")
		next, stop := iter.Pull(func(yield func(int) bool) { go tell(); yield(1) })
		next()
		check("go in iter.Pull")
		stop()
		var wg sync.WaitGroup
		wg.Go(tell)
		wg.Wait()
		check("WaitGroup.Go")
		go func(a, b string) { found <- strings.TrimPrefix(a+b, "x") }("x", here)
		check("go with arguments")
	})
}

// All others are goroutines as ever.
func TestPatched_adopt_elsewhere(t *testing.T) {
	needPatched(t)
	found := make(chan bool, 1)
	tell := func() { found <- Current() != nil }
	check := func(what string) {
		t.Helper()
		if <-found {
			t.Errorf("%s runs in a task", what)
		}
	}
	run(t, func() { go tell(); check("without AdoptGo, go") })
	go tell()
	check("go in no task")
	adopting(t, func() {
		Await(func() (int, error) { tell(); return 0, nil })
		check("Await")
		Await(func() (int, error) { go tell(); return 0, nil })
		check("go in Await")
		time.AfterFunc(1, tell)
		check("time.AfterFunc")
		time.AfterFunc(1, func() { go tell() })
		check("go in time.AfterFunc")
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		context.AfterFunc(ctx, tell)
		check("context.AfterFunc, at a timeout")
		needNil(t, Go(func() { <-ctx.Done() }).Join())
	})
}

// The functions that block their threads do not stop the hub: signals, profiles and traces.
func TestPatched_adopt_loops(t *testing.T) {
	adopting(t, func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR2)
		defer signal.Stop(c)
		c2, stop := Signals(syscall.SIGUSR2)
		defer stop()
		needNil(t, pprof.StartCPUProfile(io.Discard))
		var out bytes.Buffer
		needNil(t, trace.Start(&out))
		time.Sleep(time.Millisecond)
		needNil(t, syscall.Kill(os.Getpid(), syscall.SIGUSR2))
		<-c
		if _, ok := c2.Recv(); !ok {
			t.Error("no signal from Signals")
		}
		trace.Stop()
		pprof.StopCPUProfile()
		if out.Len() == 0 {
			t.Error("the trace is empty")
		}
		cmd := Command("true") // its process is waited for
		needNil(t, cmd.Run())
		needNil(t, exec.Command("true").Run())
		text, err := exec.Command("sh", "-c", "echo x").CombinedOutput() // copied by go statements
		if err != nil || string(text) != "x\n" {
			t.Errorf("%q, %v", text, err)
		}
	})
}

// Goexit ends the task alone, with its deferred calls, and a task that is killed is not one that panics.
func TestPatched_adopt_ends(t *testing.T) {
	needPatched(t)
	var order []string
	say := func(s string) { order = append(order, s) }
	adopting(t, func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			defer say("deferred")
			func() { defer runtime.Goexit(); defer func() { recover() }(); panic("recovered") }()
			say("unreachable")
		})
		wg.Wait()
		var killed *Task
		go func() { defer say("killed"); killed = Current(); select {} }()
		Yield()
		killed.Kill()
		go func() { defer func() { say(fmt.Sprint("at the end ", recover())) }(); select {} }()
		Yield()
		say("main")
	})
	if got := strings.Join(order, ", "); got != "deferred, killed, main, at the end poller: task killed" {
		t.Error(got)
	}
}

// A go statement in a deferred call, while the hub kills its tasks, does nothing.
func TestPatched_adopt_dying(t *testing.T) {
	ran := false
	adopting(t, func() {
		go func() { defer func() { go func() { ran = true }() }(); select {} }()
		Yield()
	})
	if ran {
		t.Error("a task was started at the end")
	}
}

// Gosched lets tasks run that are ready.
func TestPatched_adopt_gosched(t *testing.T) {
	adopting(t, func() {
		done := false
		go func() { time.Sleep(time.Millisecond); done = true }()
		for !done {
			runtime.Gosched()
		}
		release := make(chan bool)
		timer := false
		time.AfterFunc(time.Millisecond, func() { close(release) }) // a goroutine
		go func() { <-release; timer = true }()
		for !timer {
			runtime.Gosched()
		}
	})
}

// Such a task has its starter's labels and locals, and the dump names the go statement.
func TestPatched_adopt_inherits(t *testing.T) {
	needPatched(t)
	key := NewLocal[int]()
	err := Options{AdoptGo: true, Labels: true}.Run(func() {
		key.Set(7)
		pprof.Do(context.Background(), pprof.Labels("who", "me"), func(ctx context.Context) {
			got := make(chan string)
			go func() {
				want := asm.GoroutineLabels()
				time.Sleep(time.Microsecond)
				got <- fmt.Sprint(key.Get(), want != nil && want == asm.GoroutineLabels())
			}()
			if s := <-got; s != "7 true" {
				t.Error(s)
			}
		})
		c := make(chan int)
		go func() { <-c }()
		Yield()
		_, file, line, _ := runtime.Caller(0)
		want := fmt.Sprintf("waiting for chan receive, for 0s, created by github.com/stackful-go/stackful/poller.TestPatched_adopt_inherits.func1 at %s:%d\n", file, line-2)
		if dump := Dump(); !strings.Contains(dump, want[strings.Index(want, ", created"):]) {
			t.Errorf("got\n%s\nwant\n%s", dump, want)
		}
		close(c)
	})
	needNil(t, err)
}

// A bubble keeps its goroutines.
func TestPatched_adopt_bubble(t *testing.T) {
	adopting(t, func() {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var wg sync.WaitGroup
			wg.Go(func() { time.Sleep(time.Hour) })
			wg.Wait()
			if d := time.Since(start); d != time.Hour {
				t.Errorf("the bubble's clock has moved by %v", d)
			}
		})
	})
}
