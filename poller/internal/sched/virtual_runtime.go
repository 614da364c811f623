package sched

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// A simulation in a program that `stackful build` has built is one of ordinary Go code: go statements start tasks,
// waits in package runtime park them, and time.Now, timers, select, the order of maps and random numbers follow from
// the seed. Package runtime has a clock of its own and the timers of package time: this file keeps
// the two clocks the same, and makes package time's timers a second source of the scheduler's.

func init() {
	if runtimepatch.Runtime == nil {
		return
	}
	runtimepatch.Install(func(h *runtimepatch.Hooks) {
		h.Point = func() { Here().Virtual.point() }
		h.Tasks = func() int { return Here().Tasks.Live }
		h.Refuse = func(what string) error { return Here().Virtual.refuse(what) }
	})
}

// mostPoints is how many points a task may pass in one turn, after which it gives way, and pointsTake, in nanoseconds, what they
// take: a task that polls must not keep the others from running, nor the clock from moving, when the seed has it never
// give way.
const (
	mostPoints = 1000
	pointsTake = 1_000_000
)

// point is called where the running task could give way.
func (s *Virtual) point() {
	if s.points++; s.points > mostPoints {
		s.H.rt.Now += pointsTake
		s.H.YieldAll(parkSlice)
		return
	}
	s.H.CheckPreempt()
}

// timerGrain, in nanoseconds, is what the instants of package time's timers and sleeps are rounded up to. So they are a
// little late, as ever, and those that mean the same instant fire together although the clock has
// moved between two looks at it.
const timerGrain = 1000

func roundUp(at int64) int64 { return (at + timerGrain) / timerGrain * timerGrain }

// beginRuntime is Hub.beginRuntime for the hub of s.
func (s *Virtual) beginRuntime() {
	s.H.rt.Adopts = true
	runtimepatch.Runtime.BeginSim(&s.H.rt, s.Seed, s.Now+virtualEpochNano)
	s.H.patched = true
}

// readClock has the runtime's clock and s.Now be the later one of the two, which it returns. A task is about to be resumed, or timers are
// to be run.
func (s *Virtual) readClock() int64 {
	if s.H.patched {
		rt := &s.H.rt
		s.Now = max(s.Now, rt.Now-virtualEpochNano)
		s.H.now = s.Now
		rt.Now = s.Now + virtualEpochNano
		rt.Looks = 0
	}
	return s.Now
}

// nextTimer returns the instant of the next timer, of package poller or of package time; Never if there is none.
func (s *Virtual) nextTimer() int64 {
	at := s.H.Timers.Next()
	if other := s.nextRuntimeTimer(); at == Never || other < at {
		if other == math.MaxInt64 {
			return Never
		}
		return other
	}
	return at
}

// nextRuntimeTimer returns the instant of package time's next timer, math.MaxInt64 if there is none.
func (s *Virtual) nextRuntimeTimer() int64 {
	if s.H.patched {
		if wall := runtimepatch.Runtime.NextTimer(&s.H.rt); wall != 0 {
			return max(roundUp(wall-virtualEpochNano), s.Now)
		}
	}
	return math.MaxInt64
}

// runRuntimeTimers runs those of package time's timers that are due.
func (s *Virtual) runRuntimeTimers() {
	h := s.H
	if !h.patched {
		return
	}
	s.readClock()
	s.Observer.timers = true
	runtimepatch.Runtime.RunTimers(&h.rt)
	for {
		f, order := runtimepatch.Runtime.Started(&h.rt)
		if f == nil {
			return
		}
		h.adopt(func() {
			NoteEntry(f)
			runtimepatch.Runtime.Acquire(order)
			f()
		}, byTimer)
	}
}

// byTimer is what Extra.createdBy is of the tasks that time.AfterFunc starts.
var byTimer = reflect.ValueOf(time.AfterFunc).Pointer() + 1

// refuse returns an error for an operation of the standard library that the simulation lacks, unless it is allowed. The
// error names the caller, which is not in the standard library.
func (s *Virtual) refuse(what string) error {
	if slices.Contains(s.Allowed, what) {
		return nil
	}
	return fmt.Errorf("%w: %s, called by %s", ErrSimulated, what, userOf())
}

// userOf returns the function outside of the standard library, and of this module's machinery, that has called.
func userOf() string {
	if f := userFrame(); f.Function != "" {
		return fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line)
	}
	return "a function of the standard library"
}

// userFrame returns the frame of that function, the zero one if there is none.
func userFrame() runtime.Frame {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		if isUsers(f.Function, f.File) {
			return f
		}
		if !more {
			return runtime.Frame{}
		}
	}
}

// isUsers reports whether a function is neither of the standard library nor of this module's machinery.
func isUsers(function, file string) bool {
	switch {
	case function == "":
		return false
	case runtimepatch.Runtime == nil || strings.HasSuffix(file, "_test.go"): // which may be a test of this module
		return !isEngine(function, file)
	}
	return runtimepatch.Runtime.Users(function)
}
