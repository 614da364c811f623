package stackful

import (
	"sync/atomic"
)

// Switch suspends the running stack and resumes s, or starts it. v becomes the
// result of the Switch that is pending in s, or the argument of its entry. The
// call returns when something switches back to the running stack, with the
// value that was passed then. Switch of the running stack returns v at once.
//
// Switch waits for no other goroutine, unless the collector, the tracer or a profile is reading the stack of s
// right now. While the collector marks, the first switch to a stack has it scanned, and now and then a switch
// lets other goroutines run first, as runtime.Gosched does: for a twentieth of the time at most.
//
// It panics with a *UsageError, leaving everything as it was:
// ErrWrongGoroutine if s belongs to another goroutine, ErrDone if s has ended
// (but see Policy), ErrNotInitialized for a zero Stack, ErrForeignFrames inside
// a callback from C, in the portable backend ErrThreadLocked on a goroutine that is
// locked to its thread.
func (s *Stack) Switch(v any) any {
	return switchTo(s, v)
}

// switchRefused is what Switch calls where there is no fast path.
//
//go:norace
func switchRefused(s *Stack, v any) any {
	if raceEnabled {
		return s.switchRace("Switch", v)
	}
	return s.switchSlow("Switch", v)
}

// SwitchRun suspends the running stack and resumes s by calling f on top of
// the frames that are suspended there: f's result becomes the result of the
// Switch pending in s, and a panic in f goes up through the frames of s. On a
// stack that has not started f runs first, and its result is what entry gets.
// SwitchRun returns what is passed back here. (Boost.Context calls this ontop.)
//
// It panics as Switch does. SwitchRun of the running stack calls f at once.
func (s *Stack) SwitchRun(f func() any) any {
	if raceEnabled {
		return s.switchRace("SwitchRun", topCall(f))
	}
	return s.switchSlow("SwitchRun", topCall(f))
}

// SwitchPanic suspends the running stack and resumes s with a panic: the Switch
// that is pending there panics with v, as if SwitchRun had been given a function
// that does, and faster. On a stack that has not started the panic comes in
// place of the call of entry, where nothing but PanicEnd (SetData) can recover it.
//
// It panics as Switch does. SwitchPanic of the running stack panics with v.
func (s *Stack) SwitchPanic(v any) any {
	return panicTo(s, v)
}

// panicRefused is switchRefused for SwitchPanic.
//
//go:norace
func panicRefused(s *Stack, v any) any {
	if s.owner == nil {
		misuse("SwitchPanic", ErrNotInitialized)
	}
	if !s.Owned() {
		misuse("SwitchPanic", ErrWrongGoroutine)
	}
	s.owner.panicValue = v
	if raceEnabled {
		return s.switchRace("SwitchPanic", (*panicTransfer)(s.owner))
	}
	return s.switchSlow("SwitchPanic", (*panicTransfer)(s.owner))
}

// Marking reports whether the garbage collector marks now: then switches, and the
// stores of pointers anywhere, take several times as long. The collector needs a
// processor to get done, and where none is idle it waits until a goroutine yields
// one: some switches do so then. Marking may be called from any
// goroutine; it is false in the portable backend, where switches go through the
// runtime's scheduler.
func Marking() bool { return native && marking() }

// Prefetch has the processor fetch what a switch to s will need, if s is suspended:
// a hint for a scheduler that is about to resume many stacks, whose first loads would miss the
// cache otherwise. It is cheap, changes nothing, and may be called for any stack of the
// calling goroutine; in the portable backend it does nothing.
func (s *Stack) Prefetch() {
	if host := s.host; host != 0 {
		prefetch(host)
	}
}

// switchRace reports to the race detector what the switch orders: the accesses of this
// stack come before those of the next one, as in one goroutine.
func (s *Stack) switchRace(op string, transfer any) any {
	o := s.loadOwner()
	if o == nil {
		misuse(op, ErrNotInitialized)
	}
	raceDepart(o)
	v := s.switchSlow(op, transfer)
	raceArrive(o)
	return v
}

// switchSlow is Switch and SwitchRun without the fast path's conditions: transfer goes
// through the heap, the carrier is locked, the collector's rules are kept, and a refusal is
// a *UsageError.
//
//go:noinline
//go:norace
func (s *Stack) switchSlow(op string, transfer any) any {
	if s.owner == nil {
		misuse(op, ErrNotInitialized)
	}
	if !s.Owned() {
		misuse(op, ErrWrongGoroutine)
	}
	switch {
	case s.state == stateDone:
		return s.switchDone(op, transfer)
	case s.owner.running() == s:
		return deliver(transfer)
	}
	if native {
		if s.owner.foreign {
			misuse(op, ErrForeignFrames)
		}
		return switchNative(s, transfer)
	}
	s.owner.from = s.owner.running()
	return s.switchPortable(op, transfer)
}

func (s *Stack) switchDone(op string, transfer any) any {
	p, ok := s.data.(Policy)
	if !ok {
		misuse(op, ErrDone)
	}
	switch t := transfer.(type) {
	case topCall:
		return p.SwitchDone(s, nil, OnTop(t))
	case *panicTransfer:
		v := t.take()
		return p.SwitchDone(s, nil, func() any { panic(v) })
	}
	return p.SwitchDone(s, transfer, nil)
}

func loadState(s *Stack) uintptr { return atomic.LoadUintptr(&s.state) }

// storeState changes a state that any goroutine may read. All others read it alone, by loadState, so
// it need not be ordered with anything; a store with a barrier would cost a third of a short life. In
// builds for the processors of the assembly, which stores it so, too, the store of a word cannot be
// seen by halves.
func storeState(s *Stack, state uintptr) {
	if haveAssembly && !raceEnabled {
		s.state = state
		return
	}
	atomic.StoreUintptr(&s.state, state)
}
