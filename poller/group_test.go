package poller

import (
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"os"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

func TestFuture(t *testing.T) {
	run(t, func() {
		f := Async(func() (int, error) { Yield(); return 5, os.ErrExist })
		if f.Ready() || f.Err() != nil {
			t.Error("ready")
		}
		if v, err := f.Get(); v != 5 || err != os.ErrExist || !f.Ready() || f.Err() != os.ErrExist {
			t.Error(v, err)
		}
		p := Async(func() (int, error) { panic("x") })
		var pe *PanicError
		if _, err := p.Get(); !errors.As(err, &pe) {
			t.Error(err)
		}
		never := Async(func() (int, error) { Sleep(time.Hour); return 0, nil })
		if _, err := never.GetTimeout(time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		never.Task().Kill()
		if _, err := never.Get(); err != ErrKilled {
			t.Error(err)
		}
	})
}

func TestGroupAndPool(t *testing.T) {
	run(t, func() {
		p := NewPool(3)
		var c counted
		for range 20 {
			p.Go(func() error { c.enter(); Yield(); c.leave(); return nil })
		}
		if err := p.Join(); err != nil || c.top != 3 || p.Len() != 0 {
			t.Error(err, c.top)
		}
		var g Group
		g.Go(func() error { return os.ErrExist })
		g.Go(func() error { panic("later") })
		if err := g.Join(); err != os.ErrExist {
			t.Error(err)
		}
		killed := 0
		for range 3 {
			g.Go(func() error { defer func() { killed++ }(); Sleep(time.Hour); return nil })
		}
		Yield()
		g.Kill()
		if err := g.Join(); err != nil || killed != 3 {
			t.Error(err, killed)
		}
	})
}

func TestMap(t *testing.T) {
	// square returns a function whose call with n ends after that with waitsFor[n].
	square := func(waitsFor map[int]int) func(n int) (int, error) {
		var ended [10]Event
		return func(n int) (int, error) {
			defer ended[n].Set()
			if m, ok := waitsFor[n]; ok {
				ended[m].Wait()
			}
			if n == 3 {
				panic("three")
			}
			return n * n, nil
		}
	}
	run(t, func() {
		var got []int
		failed := 0
		for v, err := range Map(4, slices.Values([]int{1, 2, 3, 4, 5}), square(map[int]int{1: 2, 2: 3, 3: 4})) {
			if err != nil {
				failed++
				continue
			}
			got = append(got, v)
		}
		if !slices.Equal(got, []int{1, 4, 16, 25}) || failed != 1 {
			t.Error(got, failed)
		}
		got = nil
		const never = 0
		for v, err := range MapUnordered(4, slices.Values([]int{1, 2, 4, 9}), square(map[int]int{4: 9, 2: 4, 1: never})) {
			if err != nil {
				t.Error(err)
			}
			got = append(got, v)
			if len(got) == 3 {
				break
			}
		}
		if !slices.Equal(got, []int{81, 16, 4}) || sched.Here().Tasks.Live != 1 {
			t.Error(got, sched.Here().Tasks.Live)
		}
	})
}

func TestBridge(t *testing.T) {
	run(t, func() {
		c := make(chan int)
		go func() { c <- 1; close(c) }()
		if v, ok := RecvFrom(c); v != 1 || !ok {
			t.Error(v, ok)
		}
		if v, ok := RecvFrom(c); v != 0 || ok {
			t.Error(v, ok)
		}
		d := make(chan int)
		got := make(chan int, 1)
		go func() { got <- <-d }()
		SendTo(d, 2)
		if v, _ := RecvFrom(got); v != 2 {
			t.Error(v)
		}
		waiting := Go(func() { RecvFrom(make(chan int)) })
		Yield()
		waiting.Kill()

		task := Go(func() { Sleep(time.Hour) })
		Yield()
		ctx := task.Context()
		go func() { task.Kill() }()
		if err := WaitContext(ctx); err != ErrKilled {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := WaitContext(ctx); err != context.DeadlineExceeded {
			t.Error(err)
		}
	})
}

func TestLocal(t *testing.T) {
	l := NewLocal[string]()
	run(t, func() {
		l.Set("a")
		child := Go(func() {
			if l.Get() != "a" {
				t.Error("not inherited")
			}
			l.Set("b")
		})
		child.Join()
		if l.Get() != "a" {
			t.Error("changed by a child")
		}
	})
	if l.Get() != "" {
		t.Error("outside")
	}
}

// The hub on which a task has called Goexit has no result of its own.
func TestRunAll_goexit(t *testing.T) {
	others := make(chan int, 2)
	err := RunAll(3, func(i int) {
		if i == 1 {
			Go(runtime.Goexit).Join()
			return
		}
		others <- i
	})
	if !errors.Is(err, ErrGoexit) || len(others) != 2 {
		t.Errorf("%v; %d others have ended", err, len(others))
	}
}

func TestRunAll(t *testing.T) {
	hubs := make(chan Hub, 3)
	var ready sync.WaitGroup
	ready.Add(3)
	got := make([]bool, 3)
	err := RunAll(3, func(i int) {
		hubs <- Here()
		ready.Done()
		Await(func() (int, error) { ready.Wait(); return 0, nil })
		to := <-hubs
		done := NewChan[bool](1)
		if err := to.Go(func() { done.Send(true) }); err != nil {
			t.Error(err)
		}
		got[i], _ = done.Recv()
		Sleep(20 * time.Millisecond) // the others may still want something of this hub
	})
	if err != nil || slices.Contains(got, false) {
		t.Error(err, got)
	}
	var over Hub
	run(t, func() { over = Here() })
	if err := over.Go(func() {}); err != ErrEnded {
		t.Error(err)
	}
}

func TestDumpAndStats(t *testing.T) {
	run(t, func() {
		Go(func() { Sleep(time.Hour) }).SetName("sleeper")
		Go(func() { new(Event).Wait() }).SetName("waiter").SetPriority(PriorityLow)
		GoAfter(time.Hour, func() {}).SetName("later")
		Sleep(3 * time.Millisecond)
		for ReadStats().Waits == 0 { // the timer was due before the hub could wait for it
			Sleep(3 * time.Millisecond)
		}
		Go(func() {}).SetName("new")
		for _, line := range []string{
			`(?m)^main, group_test.go:\d+ TestDumpAndStats: running$`,
			`(?m)^sleeper, group_test.go:\d+ TestDumpAndStats: waiting for sleep, for ([3-9]|\d\d+)(\.\d+)?ms$`,
			`(?m)^waiter, group_test.go:\d+ TestDumpAndStats: waiting for event, for [\d.]+ms, priority -1$`,
			`(?m)^later, group_test.go:\d+ TestDumpAndStats: waiting for its start time$`,
			`(?m)^new, group_test.go:\d+ TestDumpAndStats: not started$`,
		} {
			if !regexp.MustCompile(line).MatchString(Dump()) {
				t.Errorf("%q is not in\n%s", line, Dump())
			}
		}
		s := ReadStats()
		if s.Tasks != 5 || s.Ready != 1 || s.Timers != 2 || s.Parks["sleep"] < 2 || s.Parks["event"] != 1 || s.Switches < 4 || s.Waits == 0 {
			t.Errorf("%+v", s)
		}
		if s.TimerLag <= 0 || len(s.Batches) == 0 || s.Batches[0] == 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestHub_Stats(t *testing.T) {
	var h Hub
	stop := make(chan struct{})
	ready := make(chan struct{})
	done := make(chan error)
	go func() {
		done <- Run(func() {
			h = Here()
			close(ready)
			RecvFrom(stop)
		})
	}()
	<-ready
	var v expvar.Var = expvar.Func(func() any { s, _ := h.Stats(); return s })
	var back Stats
	if err := json.Unmarshal([]byte(v.String()), &back); err != nil || back.Tasks != 1 {
		t.Errorf("%v, %s", err, v)
	}
	s, err := h.Stats()
	if err != nil || s.Tasks != 1 {
		t.Errorf("%v, %+v", err, s)
	}
	v = s
	if err := json.Unmarshal([]byte(v.String()), &back); err != nil || back.Tasks != 1 {
		t.Errorf("%v, %s", err, v)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := h.Stats(); err != ErrEnded {
		t.Errorf("after the end: %v", err)
	}
}

// A hub that does not answer is not waited for for ever.
func TestHub_Stats_busy(t *testing.T) {
	run(t, func() {
		h := Here()
		answered := make(chan error)
		go func() {
			_, err := h.Stats()
			answered <- err
		}()
		runtimepatch.Block() // also in a patched program
		defer runtimepatch.Unblock()
		if err := <-answered; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}
