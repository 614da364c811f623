package stackful

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// The garbage collector's rules.
//
// While marking, the collector scans each goroutine's stack once, as one job
// per g, and g.gcscandone says that it is done. A stack that was not scanned
// (white) must not move to a g whose job is done, or the objects that only it refers
// to would be freed. So, while runtime.writeBarrier is on, switchLocked and
// finishLocked in arch_*.s let stacks move only by these rules:
//
//   - black(stack): its slot has gcscandone, or Stack.black is the token of
//     this mark phase (it was found black earlier in it, on another slot), or
//     it starts from the fresh state, where it holds nothing.
//   - pending(slot): not gcscandone, and the slot's g is known to have existed
//     when the phase began, so that it has a job.
//   - The running stack and the target are exchanged if the running stack is
//     black or the carrier is pending, and the target is black or the running
//     goroutine's g is pending. Both are then recorded black if they were.
//   - Two suspended stacks may change carriers if each is black, or its new carrier is
//     pending. A fresh one is black. (swapCarriers)
//   - A value travels through owner.transfer, stored by Go code with the write
//     barrier, never only in registers: a black stack must not receive a
//     pointer that has not been shaded.
//
// Everything is decided under the carrier's scan lock and inside one assembly
// routine, which no safe point can divide: neither the phase nor the scan
// state of the two slots can change in between.
//
// Which slots existed when the phase began, and what token a phase has, follows
// from g.gcAssistBytes: the runtime zeroes it in every g before each mark phase
// (gcResetMarkState), and nothing else writes it in a g that stays parked.
// So a carrier that is registered while marking gets 1 there, which lasts just
// until the next phase; and the sentinel, a carrier that never lends its stack,
// keeps the token of the phase: 0 found there while marking means that the
// phase is new.

// lastToken makes phase tokens: each one offered is new, few are taken.
var lastToken atomic.Uint64

func offerToken() uint64 { return lastToken.Add(1) }

// A goroutine that uses the package for the first time while marking may be
// older than the phase, with a job to come, or younger, with none: its g is not
// known to be pending until it is scanned. But if it is younger, its own stack
// is black: it started empty in this phase. Goroutine ids tell. They only grow,
// so one beyond what the runtime had given out (schedt.goidgen) some time after
// the phase began is younger than the phase.
//
// phaseGoidMark holds that id for one phase. It is set by the goroutine whose token the
// phase has got, goid first: a reader that finds the token finds this id, or that of a
// later phase, which is higher and only makes the answer no.
var phaseGoidMark goidMark

type goidMark struct{ goid, token atomic.Uint64 }

func (m *goidMark) sample(token uint64) {
	m.goid.Store(goidgen())
	m.token.Store(token)
}

// after reports whether the goroutine goid is known to have been made in the
// phase of token. (It runs in that phase or later: the answer does not age.)
func (m *goidMark) after(token, goid uint64) bool {
	return m.token.Load() == token && goid > m.goid.Load()
}

// yieldToGCEvery is after how many switches on the slow path yieldToGC looks at the clock.
const yieldToGCEvery = 64

// yieldToGC is called before a switch on the slow path. While the collector marks it calls
// runtime.Gosched now and then, so that mark workers run: without an idle processor they get
// one only when a goroutine yields or is preempted, after 10 ms. Until marking is done each
// switch takes the slow path and each store of a pointer a barrier, which can cost more than
// the marking itself. After a yield this goroutine keeps its processor for at least as long as
// the yield took, so that a busy goroutine beside it gets half of the time and not more.
//
//go:norace
func (o *owner) yieldToGC() {
	if o.slowSwitches++; o.slowSwitches%yieldToGCEvery != 0 || !marking() {
		return
	}
	begun := asm.Cycles()
	if begun < o.yieldToGCAt {
		return
	}
	runtimepatch.Gosched()
	now := asm.Cycles()
	o.yieldToGCAt = now + (now - begun)
}

// A gcWait is the state of one wait for the collector to scan stacks. The wait is over when
// the root jobs are done, if not before, so that waiting means to yield the processor to
// other goroutines, the mark workers among them.
type gcWait struct {
	tries int
	spins bool // there is more than one processor: yield for long before sleeping
}

// The schedule of a gcWait. It yields for some milliseconds before it sleeps: most waits are
// short, since promote moves the stack to where it can run soon; and a goroutine that sleeps
// leaves its processor to an idle mark worker, which keeps it until all is marked, or for
// 10 ms. With one processor it sleeps after a few yields: an idle worker may be the only one
// to mark then.
const (
	gcWaitYields = 20_000                // yields before it sleeps
	gcWaitAlone  = 16                    // the same with one processor
	gcWaitSleep  = 20 * time.Microsecond // the length of a sleep
	gcWaitLooks  = 16                    // yields between two calls of promote
)

func (w *gcWait) wait() {
	if w.tries++; w.tries == gcWaitAlone {
		w.spins = runtime.GOMAXPROCS(0) > 1
	}
	if w.tries <= gcWaitAlone || w.spins && w.tries <= gcWaitYields {
		runtimepatch.Gosched()
		return
	}
	externalSleeper.sleep()
}

// redirect is called when a switch to s has been refused. It returns the stack to try next: s itself,
// after a wait, or the choice of the wait hook, whose host is set as switchLocked and finishLocked expect
// it. The race detector must not see it, as it reads after raceDepart.
//
//go:noinline
//go:norace
func (o *owner) redirect(s *Stack) *Stack {
	if o.waitHook == nil {
		return s
	}
	next := o.waitHook(s)
	raceDepart(o) // what the hook did, too, comes before what the next stack does
	if next == s {
		return s
	}
	if s.yieldHost != 0 {
		s.host = 0 // it stays where it is
	}
	if next == o.running() {
		return next
	}
	if next == nil || next.owner != o || next.Done() {
		o.transfer = nil
		if next != nil && next.owner == o {
			misuse("SetWaitHook", ErrDone)
		}
		misuse("SetWaitHook", ErrWrongGoroutine)
	}
	if next.yieldHost != 0 {
		next.host = next.yieldHost
	}
	return next
}

// promoteNow calls promote(s) now and then in a wait, if why is a reason for it.
func (o *owner) promoteNow(s *Stack, why refusal, wait gcWait) {
	if why == refusedMarking && wait.tries%gcWaitLooks == 0 {
		o.promote(s)
	}
}

// scanNow has the patched runtime scan s, which is suspended or fresh, and the running stack, so that
// the rules above allow to exchange them.
//
//go:noinline
//go:norace
func (o *owner) scanNow(s *Stack) {
	runtimepatch.Runtime.Scan(uintptr(unsafe.Pointer(s)), s.carrier(), o.current)
}

// externalSleeper sleeps for its callers. A goroutine in a synctest bubble cannot sleep in
// real time; it can wait for one outside of the bubble that does. All channels are made
// outside, since those of a bubble cannot be used there.
var externalSleeper sleepService

type sleepService struct {
	wanted chan struct{} // capacity 1

	mu   runtimepatch.Mutex
	over chan struct{} // closed at the end of the sleep that has begun, or begins next
}

func (e *sleepService) start() {
	e.wanted = make(chan struct{}, 1)
	e.over = make(chan struct{})
	go func() {
		for range e.wanted {
			time.Sleep(gcWaitSleep)
			e.mu.Lock()
			over := e.over
			e.over = make(chan struct{})
			e.mu.Unlock()
			close(over)
		}
	}()
}

func (e *sleepService) sleep() {
	runtimepatch.Block()
	defer runtimepatch.Unblock()
	e.mu.Lock()
	over := e.over
	e.mu.Unlock()
	select {
	case e.wanted <- struct{}{}:
	default: // a sleep has been requested already
	}
	<-over
}
