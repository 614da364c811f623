package sched

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// next is Hub.next for the hub of a simulation: it draws a ready task, or moves the clock to
// the next timer if none is ready. It never blocks.
func (s *Virtual) next() *Task {
	h := s.H
	for {
		s.pollContexts()
		h.readRuntime()
		if h.Ending.failure != nil && !h.Ending.Dying {
			return &h.root.task
		}
		if before := s.Now; s.readClock() > before { // the task that has run has moved it
			h.Timers.Run(s.Now)
		}
		if s.nextRuntimeTimer() <= s.Now {
			s.runRuntimeTimers()
			h.readRuntime()
		}
		if s.switchesAtInstant >= maxSwitchesAtInstant && s.nextTimer() != Never {
			s.advance()
		}
		t := h.Ready.Pop()
		switch {
		case t == nil && h.Ending.Dying:
			return &h.root.task
		case t == nil:
			s.idle()
		case !t.HasEnded.Load():
			s.noteChosen(t)
			return t
		}
	}
}

// noteChosen counts and traces that t runs next.
func (s *Virtual) noteChosen(t *Task) {
	s.Switches++
	s.switchesAtInstant++
	s.points = 0
	if s.Switches >= s.Most && s.H.Ending.failure == nil {
		s.H.Ending.failure = fmt.Errorf("%w: %d switches in %v\n%s", ErrEndless, s.Switches, s.passed(), s.H.Dump())
	}
	s.Note(eventRuns, t.ID, "")
	if s.Observer.Switches != nil {
		s.Observer.Switches()
	}
	if s.Trace.W != nil {
		s.Tell("%s runs", s.NameOf(t))
	}
}

// idle makes a task ready when none is, by the next timer, or ends the simulation: nothing
// else can, since other goroutines must not.
func (s *Virtual) idle() {
	h := s.H
	switch {
	case !h.Wake.Mail.Empty():
		h.ReadMail()
	case s.nextTimer() != Never:
		s.advance()
	case h.deadlocked():
		h.reportDeadlock()
	default:
		h.Ending.failure = NewDeadlockError(h.Dump() + s.outside())
	}
}

// advance moves the clock to the next timer, and runs it with all others of that instant.
func (s *Virtual) advance() {
	s.Now = max(s.Now, s.nextTimer())
	s.switchesAtInstant = 0
	s.H.now = s.Now
	s.runTimers()
}

// runTimers runs the timers that are due, of package poller and of package time.
func (s *Virtual) runTimers() {
	s.H.Timers.Run(s.Now)
	s.runRuntimeTimers()
}

// poll is Hub.Poll. It runs timers, too: some may have been armed with an instant that has
// passed.
func (s *Virtual) poll() {
	s.runTimers()
	s.H.ReadMail()
}

// AnyOf returns a random number from 0 to n-1; in a simulation, the seed's. h is the calling
// goroutine's hub, or nil.
func (h *Hub) AnyOf(n int) int {
	if h != nil && h.Virtual != nil {
		return h.Virtual.choose(n)
	}
	return rand.IntN(n)
}

// pollContexts ends the waits whose contexts are done.
func (s *Virtual) pollContexts() {
	for i := 0; i < len(s.Contexts); i++ {
		c := s.Contexts[i]
		select {
		case <-c.done: // (Err would wait for a task that has been parked in the middle of a cancel)
			if c.w.Claim(context.Canceled) {
				c.w.Resume(s.H)
			}
		default:
		}
	}
}

// WatchContext has w, which waits, claimed with context.Canceled when done, a context's channel, is closed.
func (s *Virtual) WatchContext(done <-chan struct{}, w *Waiter) {
	s.Contexts = append(s.Contexts, virtualContext{done, w})
}

// UnwatchContext is called when the wait of w is over.
func (s *Virtual) UnwatchContext(w *Waiter) {
	for i := range s.Contexts {
		if s.Contexts[i].w == w {
			s.Contexts = append(s.Contexts[:i], s.Contexts[i+1:]...)
			return
		}
	}
}

// CheckContext refuses a context with a deadline, which real time would end.
func (s *Virtual) CheckContext(ctx context.Context) error {
	if _, ok := ctx.Deadline(); ok && ctx.Err() == nil && !s.H.patched {
		return RefuseSimulated("a context with a deadline")
	}
	return nil
}

// WaitContext parks the caller, a task of the simulation, until ctx is done, and returns its
// cause.
func (s *Virtual) WaitContext(ctx context.Context) error {
	if err := s.CheckContext(ctx); err != nil {
		return err
	}
	h := s.H
	h.CheckPreempt()
	if ctx.Err() == nil {
		done := ctx.Done() // which may lock
		w := BeginWait(h, ParkEvent)
		s.WatchContext(done, w)
		err := w.Wait(h, Never)
		s.UnwatchContext(w)
		Raise(h, err)
	}
	return context.Cause(ctx)
}
