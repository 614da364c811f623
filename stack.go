package stackful

import (
	"runtime"

	"github.com/stackful-go/stackful/asm"
)

// An Entry is the body of a stack. It runs on s when s is first switched to,
// and v is what that Switch passed. When it returns, s is done and next is
// resumed with out as the result of its pending Switch; a nil next is the
// goroutine's own stack. If out is an OnTop, it is called on top of next, as
// SwitchRun does, in place of being passed.
type Entry func(s *Stack, v any) (next *Stack, out any)

// OnTop is a call to be made on top of a suspended stack's frames: see
// Entry. Its result becomes the result of the Switch that is pending there;
// a panic in it goes up through the frames of that stack.
type OnTop func() any

// A Stack is a stack of frames and the place in them where it is suspended.
//
// A Stack is owned by the goroutine that made it and must be used only there:
// every method but Done panics with ErrWrongGoroutine elsewhere. The
// goroutine's own stack, the root, is a Stack like any other, had by Current;
// it never becomes done. For what is suspended when its goroutine ends see Orphan.
//
// The zero Stack must be given an entry by Init. A Stack must not be copied
// after Init.
type Stack struct {
	// host is the g of the carrier that holds this stack while it is
	// suspended; stale while it runs, 0 before its first switch and when it is done.
	// (The g's of the runtime are never freed, so an integer is enough; and an
	// integer needs no write barrier.) Its lowest bit, hasDeferOrPanic, is set if the carrier may
	// hold panics or deferred calls for this stack (g._panic, g._defer), and clear only
	// if it holds none; see carrier. Read and written by the assembly.
	host uintptr

	// owner is the goroutine's set of stacks; nil before Init. Read by the assembly.
	owner *owner

	// black is the token of the mark phase in which this stack is known to
	// have been scanned; see native_gc.go. Read and written by the assembly.
	black uint64

	// state is one of the state constants. The assembly reads it as 8 bytes. A word, as
	// atomics of 8 bytes need an alignment that 32-bit processors do not give it.
	state uintptr

	// entry is the body; nil once it has been called, so that what it
	// captures can be collected.
	entry Entry

	// yieldHost is host, with that bit, for a stack that is suspended in a fast yield function,
	// where a bool is expected and not an any; host is 0 then. See generator.go.
	// Read and written by the assembly.
	yieldHost uintptr

	// nextCall is the closure of the fast next, send or give function (generator.go) that this
	// stack is suspended in, where a value is expected, with or without a bool: yieldHost is
	// set and host is 0 then too. Read and written by the assembly, without a
	// write barrier while none is needed.
	nextCall *nextClosure

	// resumer is the stack that waits for this one to yield. The assembly stores it
	// without a write barrier, while none is needed. It may have moved to another
	// goroutine since: a yield compares its owner.
	resumer *Stack

	// data belongs to the layer above; see SetData.
	data any

	// inRuntime is the g of the carrier on which this stack waits in package runtime, or is ready after
	// such a wait and has not run yet: see native_runtime.go. host is 0 until it is about to run.
	// Written by the patched runtime.
	inRuntime uintptr

	// relay is the portable backend's part; nil in native mode.
	relay *relay
}

// States of a Stack. A stack that runs or is suspended is stateStarted; which
// of the two follows from owner.current.
const (
	stateZero = iota
	stateFresh
	stateStarted
	stateDone
)

// New returns a stack that will run entry, not started. It belongs to the
// calling goroutine. See Entry for what entry's results mean; use Init when
// the body needs to know its own Stack.
//
// New does not switch and does not block. A Stack that is never switched to
// costs nothing but its memory.
func New(entry func(v any) (next *Stack, out any)) *Stack {
	s := new(Stack)
	s.Init(func(_ *Stack, v any) (*Stack, any) { return entry(v) })
	return s
}

// Init makes the zero Stack s ready to run entry, and binds it to the calling
// goroutine. It is for stacks that are part of a larger struct; an entry that
// is a plain function then costs no allocation. If entry is nil the data of s, which must be a
// Body when s is switched to, is in its place: then no frame but one of this package lies
// below the body. It panics with ErrStarted if s is in use.
func (s *Stack) Init(entry Entry) {
	if s.state != stateZero && s.state != stateDone {
		misuse("Init", ErrStarted)
	}
	o := nearOwner() // at once: currentOwner needs more of the stack that we are on
	if o == nil {
		o = currentOwner()
	}
	raceEnter(o)
	// In place of a function that reports it, which would cost a life as much again: s takes the last free carrier,
	// unless others are made or end before s is started.
	if c := o.cache; c != nil && c.n > 0 && hasGrown(&c.slots[(c.n-1)%cacheSlots]) {
		c.dropGrown()
	}
	s.owner = o
	s.entry = entry
	s.resumer = nil // of an earlier use, whose end has reset all other fields; a test of it would cost more
	storeState(s, stateFresh)
}

// InitDone makes the zero Stack s one of the calling goroutine that has ended, with the data p,
// which decides what a switch to s means. It is for a layer above that has to refuse switches
// to a stack without a check in each: it has them go to s instead.
func (s *Stack) InitDone(p Policy) {
	if s.state != stateZero {
		misuse("InitDone", ErrStarted)
	}
	s.owner = currentOwner()
	s.data = p
	storeState(s, stateDone)
}

// Done reports whether s has ended. It may be called from any goroutine, but
// only on s's own does the answer still hold when the call has returned.
func (s *Stack) Done() bool { return loadState(s) == stateDone }

// Started reports whether s has been switched to at least once. The root of a
// goroutine is started.
func (s *Stack) Started() bool { return loadState(s) >= stateStarted }

// SetData stores a value for the layer that made s; it belongs to the caller of
// New or Init. Package coro uses it for the stacks that it makes.
//
// What v does for s beyond that follows from the methods that it has. All are found
// by type assertion when they are needed, and none is required:
//
//   - Begin and End (Body): what s runs, if Init was given no entry.
//   - SwitchDone and GoexitTarget (Policy): what a switch to the finished s means,
//     and where a runtime.Goexit goes on that has ended s.
//   - GoexitEnd(s *Stack) (next *Stack, out any, ok bool), of a Policy: called when a
//     runtime.Goexit has ended s. If ok is true, s ends with next and out, as an Entry
//     does, in place of the Goexit: because a deferred call has panicked, and recovering
//     from that made Go forget the panic and go on with the Goexit.
//   - PanicExit() any and PanicEnd(s *Stack, v any) (next *Stack, out any): called when a panic with
//     v has reached the end of s, which then ends with next and out, as an Entry does, in place of
//     a crash. PanicEnd is called before the panic is over, while the frames are still there; a
//     panic with the very value of PanicExit, which is not nil, is recovered from faster. If the panic
//     comes from a deferred call of a runtime.Goexit, the Goexit goes on, see GoexitEnd.
//   - Orphaned (Orphan): called when the goroutine of s has ended while s was suspended.
//   - Remade(): says that a root need not keep v for as long as its goroutine lives,
//     as it does otherwise: the caller of SetData would make the same value again for a
//     root whose data is nil since nothing has referred to it.
func (s *Stack) SetData(v any) {
	s.data = v
	if s.state == stateStarted { // a root is
		s.keepData()
	}
}

// keepData is called when s, which may be a root, has got data. (Inlined, it would be too much
// for SetData to be.)
//
//go:noinline
func (s *Stack) keepData() {
	if s != &s.owner.root {
		return
	}
	if _, ok := s.data.(interface{ Remade() }); !ok {
		s.owner.keep()
	}
	raceLeave(s.owner)
}

// Data returns what SetData stored.
func (s *Stack) Data() any { return s.data }

// topCall marks a transfer as a call to be made on top (an OnTop that a user
// passes through Switch is a value like any other).
type topCall func() any

// panicTransfer marks a transfer as a panic with owner.panicValue. It is the owner itself,
// so that it costs no allocation.
type panicTransfer owner

func (p *panicTransfer) take() any {
	v := p.panicValue
	p.panicValue = nil
	return v
}

// deliver turns a transfer into the result of the Switch that it ends: it makes the call
// on top, or raises the panic. A caller that is near the suspended frame had better
// raise the panic itself, see arrive: each frame in between must be unwound.
func deliver(transfer any) any {
	switch t := transfer.(type) {
	case topCall:
		return t()
	case *panicTransfer:
		panic(t.take())
	}
	return transfer
}

// onTop reports whether a transfer is not a value to be passed.
func onTop(transfer any) bool {
	switch transfer.(type) {
	case topCall, *panicTransfer:
		return true
	}
	return false
}

// arrive is the first thing that runs on a resumed stack when its value did
// not travel in registers. Control reaches it as if the suspended frame had
// called it where it called Switch, so that what it returns is Switch's result.
//
//go:noinline
//go:norace
func arrive(s *Stack) any {
	v := s.owner.takeTransfer(s)
	switch t := v.(type) { // as deliver does
	case topCall:
		return t()
	case *panicTransfer:
		panic(t.take())
	}
	return v
}

// runEntry is the bottom Go frame of every stack made by New, called by the
// entry trampoline (native) or by the goroutine's function (portable). In native mode
// it returns only if the entry function has panicked and the layer above has recovered: s then, with
// which the caller must call endRecovered. Otherwise it returns nil in the portable backend, when s has
// ended, and may be in use again.
//
// Each byte of its frame, and of those below it, is missing in all bodies.
//
//go:norace
func runEntry(s *Stack, v any, inTransfer bool) (recovered *Stack) {
	recovered = s
	defer unwound(&s)
	if inTransfer {
		v = s.startValue()
	} else {
		raceArrive(s.owner) // what travels in registers is a value, never a call on top
	}
	if entry := s.entry; entry != nil {
		s.entry = nil
		s.finish(entry(s, v))
	} else {
		run, v := s.begin(v)
		if run != nil {
			v = run(v)
		}
		s.finish(s.end(v))
	}
	s = nil // owner.current is an integer: up to here this frame keeps s alive
	return nil
}

// startValue returns the value with which s starts, or raises what was sent in its place. (Inlined, it
// would make runEntry's frame larger.)
//
//go:noinline
//go:norace
func (s *Stack) startValue() any { return deliver(s.owner.takeTransfer(s)) }

// begin and end are those of the data of s, which is a Body. (Apart, as startValue.)
//
//go:noinline
func (s *Stack) begin(v any) (run func(any) any, _ any) { return s.data.(Body).Begin(v) }

//go:noinline
func (s *Stack) end(out any) (next *Stack, _ any) { return s.data.(Body).End(out) }

// unwound is deferred by runEntry for the case that the entry function does not return. A panic
// becomes the end that the layer above gives it (PanicEnd). One that no
// function on the stack recovers crashes the process, with the stack's own frames in
// the report, since this layer has no receiver for it. A runtime.Goexit
// goes on in the root, which ends the goroutine in the usual way. *of is nil if
// finish has returned, as it does in the portable backend.
func unwound(of **Stack) {
	s := *of
	if s == nil {
		return
	}
	if p, ok := s.data.(panicEnder); ok {
		v := p.PanicExit()
		if RecoverOnly(v) { // then no Goexit goes on below
			s.owner.ending.next, s.owner.ending.out = p.PanicEnd(s, v)
			return
		}
		if v = recover(); v != nil || !asm.Goexiting() {
			next, out := p.PanicEnd(s, v)
			if !asm.GoexitBelow() {
				s.owner.ending.next, s.owner.ending.out = next, out
				return
			}
			// A deferred call of a Goexit has panicked. Go forgets the panic now, and no
			// deferred call of s is left that the Goexit would make.
		}
	} else {
		if p := recover(); p != nil {
			panic(p) // the frames that panicked are still below this one: the report shows them
		}
		if !asm.Goexiting() {
			panic(nil) // as that of GODEBUG=panicnil=1, which recover does not show
		}
	}
	s.entry = nil // it may not have been called
	var next *Stack
	var out any = OnTop(goexit)
	if p, ok := s.data.(Policy); ok {
		next = p.GoexitTarget(s)
	}
	if p, ok := s.data.(goexitEnder); ok {
		if to, end, ok := p.GoexitEnd(s); ok {
			next, out = to, end
		}
	}
	if !native {
		s.relay.goexit = true
	}
	s.finish(next, out)
	*of = nil
}

// endRecovered ends s, the running stack, with what PanicEnd has returned for it: the panic is over,
// and no frames are left.
func endRecovered(s *Stack) {
	e := s.owner.ending
	s.owner.ending = ending{}
	s.entry = nil // it may not have been called
	s.finish(e.next, e.out)
}

// An ending is the end of a stack, between PanicEnd and finish.
type ending struct {
	next *Stack
	out  any
}

// endOp is the name of what ends the running stack, for a refusal.
func endOp() string {
	if asm.GoexitBelow() {
		return "Goexit"
	}
	return "return"
}

func goexit() any {
	runtime.Goexit()
	return nil
}

// finish ends s, the running stack, and resumes next. If next is refused, the
// refusal is a panic on s. It returns only in the portable backend.
//
//go:norace
func (s *Stack) finish(next *Stack, out any) {
	o := s.owner
	if next == nil {
		next = &o.root
	}
	if next.owner != o || next == s || next.state == stateDone {
		misuse(endOp(), refuseTarget(s, next))
	}
	if f, ok := out.(OnTop); ok {
		out = topCall(f)
	} else if o.fast != 0 && !raceEnabled {
		finishFast(s, next, out)
	}
	raceDepart(o)
	o.from = s
	if native {
		s.finishNative(next, out)
	}
	s.finishPortable(next, out)
}

func refuseTarget(s, next *Stack) error {
	switch {
	case next.loadOwner() == nil:
		return ErrNotInitialized
	case next.loadOwner() != s.owner:
		return ErrWrongGoroutine
	}
	return ErrDone
}
