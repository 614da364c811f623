package poller

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// compute runs until stop says so, or a minute has passed.
func compute(stop func() bool) bool {
	for start := time.Now(); time.Since(start) < time.Minute; {
		if stop() {
			return true
		}
	}
	return false
}

func TestCheckpoint_givesWayAfterSlice(t *testing.T) {
	err := Options{TimeSlice: time.Millisecond}.Run(func() {
		ran := false
		Go(func() { ran = true })
		if !compute(func() bool { Checkpoint(); return ran }) {
			t.Error("the other task has not run")
		}
		if s := ReadStats(); s.Slices == 0 || s.Parks["its next time slice"] == 0 {
			t.Errorf("%+v", s)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// The calls that could wait are checkpoints too, also when they need not wait; and
// timers and other goroutines are heard.
func TestSlice_inCalls(t *testing.T) {
	err := Options{TimeSlice: time.Millisecond}.Run(func() {
		fired := false
		GoAfter(time.Millisecond, func() { fired = true })
		var m Mutex
		locked := func() bool {
			m.Lock()
			defer m.Unlock()
			return fired
		}
		if !compute(locked) {
			t.Error("the timer's task has not run")
		}
		var posted bool
		h := Here()
		go h.Go(func() { posted = true })
		c := NewChan[int](1)
		if !compute(func() bool { c.Send(1); c.Recv(); return posted }) {
			t.Error("the task from another goroutine has not run")
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// A default Run has slices.
func TestSlice_default(t *testing.T) {
	err := Run(func() {
		ran := false
		Go(func() { ran = true })
		if !compute(func() bool { Checkpoint(); return ran }) {
			t.Error("the other task has not run")
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSlice_off(t *testing.T) {
	err := Options{TimeSlice: -1}.Run(func() {
		ran := false
		other := Go(func() { ran = true })
		for start := time.Now(); time.Since(start) < 3*sched.DefaultTimeSlice; {
			Checkpoint()
		}
		if ran {
			t.Error("a checkpoint has switched although there are no slices")
		}
		other.Join()
	})
	if err != nil {
		t.Error(err)
	}
}

// Checkpoint is where a computing task can be interrupted.
func TestCheckpoint_interrupted(t *testing.T) {
	err := Options{TimeSlice: time.Millisecond}.Run(func() {
		err := WithTimeout(5*time.Millisecond, func() error {
			if compute(func() bool { Checkpoint(); return false }) {
				t.Error("not interrupted")
			}
			return nil
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	Checkpoint() // outside of any task it does nothing
}

// After a hub has been idle for long its watcher sleeps, and must be there again.
func TestSlice_afterIdleness(t *testing.T) {
	err := Options{TimeSlice: time.Millisecond}.Run(func() {
		w := &sched.Here().Watcher
		for range 3 {
			asleep := make(chan struct{})
			go func() {
				for !w.Asleep.Load() {
					time.Sleep(100 * time.Microsecond)
				}
				close(asleep)
			}()
			RecvFrom(asleep)
			ran := false
			Go(func() { ran = true })
			if !compute(func() bool { Checkpoint(); return ran }) {
				t.Fatal("the other task has not run")
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
}

//go:noinline
func theCulprit(stop *atomic.Bool) bool { return compute(stop.Load) }

func TestMonitor(t *testing.T) {
	var stop atomic.Bool
	reports := make(chan Stall, 100)
	o := Options{MonitorAfter: 5 * time.Millisecond, OnStall: func(s Stall) {
		reports <- s
		if bytes.Contains(s.Stack, []byte("theCulprit")) {
			stop.Store(true)
		}
	}}
	err := o.Run(func() {
		for range 10 {
			Go(func() { Sleep(time.Hour) }) // stacks to be told from the culprit's
		}
		Sleep(20 * time.Millisecond) // waiting is no stall
		culprit := Go(func() {
			if !theCulprit(&stop) {
				t.Error("no report named the culprit")
			}
		}).SetName("culprit")
		culprit.Join()
		for {
			s := <-reports
			if s.Task != culprit {
				continue // a busy machine can make others late too
			}
			if s.For < 5*time.Millisecond || !strings.Contains(s.String(), "culprit, ") || !strings.Contains(s.String(), " has not switched for") {
				t.Errorf("%v", s)
			}
			if n := bytes.Count(s.Stack, []byte("\ngoroutine ")); n > 0 {
				t.Errorf("the stacks of %d other goroutines are in the report", n)
			}
			return
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// A stall is reported again whenever it has doubled, while it lasts.
func TestMonitor_repeats(t *testing.T) {
	var told []time.Duration
	var n atomic.Int32
	o := Options{TimeSlice: -1, MonitorAfter: time.Millisecond, OnStall: func(s Stall) { told = append(told, s.For); n.Add(1) }}
	err := o.Run(func() {
		if !compute(func() bool { return n.Load() >= 4 }) {
			t.Error("it is not told of again")
		}
		Yield()
	})
	if err != nil {
		t.Error(err)
	}
	for i := range told[1:4] {
		if told[i+1] < 2*told[i] {
			t.Errorf("reported at %v", told)
		}
	}
}

func TestGoroutineStack(t *testing.T) {
	h, err := sched.New()
	if err != nil {
		t.Fatal(err)
	}
	defer h.IO.Sel.Close()
	if s := string(sched.GoroutineStack(h.Goid)); !strings.HasPrefix(s, "goroutine ") || !strings.Contains(s, "TestGoroutineStack") {
		t.Errorf("own stack: %q", s)
	}
	if s := sched.GoroutineStack(1 << 60); len(s) != 0 {
		t.Errorf("stack of nobody: %q", s)
	}
}

func BenchmarkCheckpoint(b *testing.B) {
	run(b, func() {
		for b.Loop() {
			Checkpoint()
		}
	})
}

// A task that does not switch gets one request to yield, and then the timer is not armed:
// so the Go runtime can detect a deadlock if the goroutine is blocked. It is armed again
// when the task yields, by any call.
func TestSlice_timerRests(t *testing.T) {
	ways := map[string]func(){
		"Checkpoint": Checkpoint,
		"Yield":      Yield,
		"Sleep":      func() { Sleep(time.Microsecond) },
		"Go, Join":   func() { Go(func() {}).Join() },
	}
	for name, giveWay := range ways {
		err := Options{TimeSlice: time.Millisecond, MonitorAfter: -1}.Run(func() {
			h := sched.Here()
			Go(func() {
				for {
					Yield()
				}
			})
			for range 3 {
				if !compute(func() bool { return h.Watcher.Asleep.Load() }) {
					t.Fatalf("%s: the timer is armed for ever", name)
				}
				if h.PreemptRequest.Load() == 0 {
					t.Errorf("%s: nothing was told", name)
				}
				giveWay()
				if !compute(func() bool { return !h.Watcher.Asleep.Load() || h.PreemptRequest.Load() != 0 }) {
					t.Errorf("%s: the timer rests though the task has given way", name)
				}
			}
		})
		if err != nil {
			t.Error(name, err)
		}
	}
}
