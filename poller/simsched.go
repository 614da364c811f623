package poller

import (
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"

	"github.com/stackful-go/stackful/poller/internal/selector"
)

// scale maps x, which is any number, to one from 0 to n-1.
func scale(x, n uint64) uint64 {
	high, _ := bits.Mul64(x, n)
	return high
}

// next is hub.next for the hub of a simulation.
func (s *virtual) next() *Task {
	h := s.h
	for {
		s.lookAtContexts()
		switch {
		case h.ending.failure != nil && !h.ending.dying:
			return &h.root.task
		case s.stays >= simMostStays && h.timers.next() != noInstant:
			s.jump()
		}
		t := h.ready.pop()
		switch {
		case t == nil && h.ending.dying:
			return &h.root.task
		case t == nil:
			s.idle()
		case !t.ended.Load():
			s.resumes(t)
			return t
		}
	}
}

// resumes notes that t is what next has chosen.
func (s *virtual) resumes(t *Task) {
	s.switches++
	s.stays++
	if s.switches >= s.most && s.h.ending.failure == nil {
		s.h.ending.failure = fmt.Errorf("%w: %d switches in %v\n%s", ErrEndless, s.switches, s.passed(), s.h.dump())
	}
	s.note(simRuns, t.id, "")
	if s.trace.w != nil {
		s.tell("%s runs", s.nameOf(t))
	}
}

// idle is called when no task is ready.
func (s *virtual) idle() {
	h := s.h
	switch {
	case !h.wake.mail.empty():
		h.readMail()
	case h.timers.next() != noInstant:
		s.jump()
	case h.deadlocked():
		h.reportDeadlock()
	default:
		h.ending.failure = newDeadlockError(h.dump())
	}
}

// jump moves the clock to the next timer.
func (s *virtual) jump() {
	s.now = max(s.now, s.h.timers.next())
	s.stays = 0
	s.h.now = s.now
	s.h.timers.run(s.now)
}

// look is hub.poll: there may be timers that were armed with an instant that has passed.
func (s *virtual) look() {
	s.h.timers.run(s.now)
	s.h.readMail()
}

// choose returns a number from 0 to n-1: which of n goes first.
func (s *virtual) choose(n int) int {
	if n == 1 {
		return 0
	}
	return draw(&s.order, n)
}

// anyOf returns a number from 0 to n-1, by chance. h may be nil.
func (h *hub) anyOf(n int) int {
	if h != nil && h.sim != nil {
		return h.sim.choose(n)
	}
	return rand.IntN(n)
}

// preempts says whether the running task gives way where its time slice could be over.
func (s *virtual) preempts() bool {
	return s.rest != 0 && s.h.ready.len() > 0 && draw(&s.order, int(s.rest)) == 0
}

// wokenFromOutside is called when another goroutine has left mail.
func (s *virtual) wokenFromOutside() {
	if s.h.ending.failure == nil && !s.h.ending.dying {
		s.h.ending.failure = fmt.Errorf("%w: another goroutine has woken a task, or called it", ErrSimulated)
	}
}

// A simContext is a wait that a context ends. A goroutine would be told of its end by
// another one: at a time that the seed does not determine. So it is looked at before
// each switch.
type simContext struct {
	ctx context.Context
	w   *waiter
}

func (s *virtual) lookAtContexts() {
	for i := 0; i < len(s.contexts); i++ {
		if c := s.contexts[i]; c.ctx.Err() != nil && c.w.claim(context.Canceled) {
			c.w.resume(s.h)
		}
	}
}

// watchContext has w, which waits, claimed with context.Canceled when ctx is done.
func (s *virtual) watchContext(ctx context.Context, w *waiter) {
	s.contexts = append(s.contexts, simContext{ctx, w})
}

// unwatchContext is called when the wait of w is over.
func (s *virtual) unwatchContext(w *waiter) {
	for i := range s.contexts {
		if s.contexts[i].w == w {
			s.contexts = append(s.contexts[:i], s.contexts[i+1:]...)
			return
		}
	}
}

// checkContext refuses a context that real time would end.
func (s *virtual) checkContext(ctx context.Context) error {
	if _, ok := ctx.Deadline(); ok && ctx.Err() == nil {
		return simRefuse("a context with a deadline")
	}
	return nil
}

// waitContext is WaitContext.
func (s *virtual) waitContext(ctx context.Context) error {
	if err := s.checkContext(ctx); err != nil {
		return err
	}
	h := s.h
	h.checkDue()
	if ctx.Err() == nil {
		w := beginWait(h, parkEvent)
		s.watchContext(ctx, w)
		err := w.wait(h, noInstant)
		s.unwatchContext(w)
		raise(h, err)
	}
	return context.Cause(ctx)
}

// simSelector is the selector of a simulation, which has no descriptors.
type simSelector struct{}

func (simSelector) Add(int, uint64) error                     { return simRefuseFD() }
func (simSelector) Rearm(int, uint64) error                   { return simRefuseFD() }
func (simSelector) Want(int, selector.Readiness)              {}
func (simSelector) Remove(int) error                          { return nil }
func (simSelector) Wait([]selector.Event, int64) (int, error) { return 0, nil }
func (simSelector) Wake()                                     {}
func (simSelector) Close() error                              { return nil }

func simRefuseFD() error { return fmt.Errorf("%w: watch a descriptor", ErrSimulated) }
