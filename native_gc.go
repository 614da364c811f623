package stackful

import (
	"runtime"
	"sync/atomic"

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
//   - A switch that this forbids has the two stacks scanned by its own thread, as a mark worker would
//     do it, and is black on both sides then. (scanNow)
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

// How often yieldToGC yields.
const (
	yieldToGCEvery = 64 // switches on the slow path between two looks at the clock
	yieldToGCKeeps = 16 // for how many times as long as a yield took there is no other, see yieldToGCPause
)

// yieldToGC is called before a switch on the slow path. While the collector marks it calls
// runtime.Gosched now and then, so that mark workers run: without an idle processor they get
// one only when a goroutine yields or is preempted, after 10 ms. Until marking is done each
// switch takes the slow path and each store of a pointer a barrier, which can cost more than
// the marking itself. The pauses bound what it takes from the program.
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
	o.yieldToGCAt = now + yieldToGCPause(now-begun)
}

// yieldToGCPause returns for how long there is no other yield after one that took that long. With several
// processors mark workers may have another one, and less often than one switch in a thousand waits, for a worker
// or for a busy goroutine beside this one. With one processor they have but what is yielded to them: marking is
// over soonest if that is half of it, and so short lives, each of which makes garbage, cost three quarters of what
// they cost with long pauses.
//
//go:norace
func yieldToGCPause(took uint64) uint64 {
	if runtime.GOMAXPROCS(0) == 1 {
		return took
	}
	return yieldToGCKeeps * took
}

// A stackScan is what scanOnSystemStack is to do, and whether it has. Its address is a func value.
type stackScan struct {
	code    uintptr // scanOnSystemStackCode
	target  *Stack  // suspended or fresh
	running *Stack
	carrier uintptr // that target rests on, 0 if it is fresh
	token   uint64  // offered to the mark phase
	scanned bool
}

// scanNow has s, which is suspended or fresh, and the running stack scanned, by this thread, so that
// the rules above allow to exchange them: a switch waits for no mark worker. It may be called when the
// phase is over. It yields if one of the two is locked.
//
//go:noinline
//go:norace
func (o *owner) scanNow(s *Stack) {
	o.scan = stackScan{scanOnSystemStackCode, s, o.running(), s.carrier(), offerToken(), false}
	scanStacks(&o.scan)
	scanned := o.scan.scanned
	o.scan = stackScan{}
	if !scanned {
		runtimepatch.Gosched()
	}
}
