package stackful

// SetSwitchHook makes f be called for every switch between stacks of the
// calling goroutine: on the stack that is resumed or started, before it gets
// its value; from may be done by then. top says that a call is made on top (see
// SwitchRun). f may switch itself. A nil f, the default, costs nothing: with a
// hook all switches of this goroutine take the slow path, which is several times
// slower. SetSwitchHook returns the hook that was set before.
func SetSwitchHook(f func(from, to *Stack, top bool)) (old func(from, to *Stack, top bool)) {
	o := currentOwner()
	o.keep()
	old, o.hook = o.hook, f
	o.fast = 0
	if f == nil && native {
		o.fast = o.goid
	}
	raceLeave(o)
	return old
}

// A Policy, stored with SetData, decides for the layer above what this layer
// would refuse. Both methods run on the goroutine that owns s.
type Policy interface {
	// SwitchDone says what a Switch (top is nil) or a SwitchRun (v is nil) to
	// the finished stack s means, in place of the panic with ErrDone. It runs
	// on the switching stack, and its result is the result of that switch.
	SwitchDone(s *Stack, v any, top OnTop) any

	// GoexitTarget names the stack in which a runtime.Goexit goes on that has
	// run all deferred calls of s; nil is the root. It may be called at other times, too, and
	// must change nothing.
	GoexitTarget(s *Stack) *Stack
}

// A Body, stored with SetData, takes the place of an entry function, see Init. Both methods run on the
// stack of the Body.
type Body interface {
	// Begin is called when the stack starts with the value v. It returns the function that the stack
	// runs, and the value for it; or nil, and what End is to get.
	Begin(v any) (run func(v any) any, _ any)

	// End returns what an Entry returns, given what the function has returned.
	End(out any) (next *Stack, _ any)
}

// panicEnder is the methods PanicExit and PanicEnd that a stack's data may have, see SetData.
type panicEnder interface {
	PanicExit() any
	PanicEnd(s *Stack, v any) (next *Stack, out any)
}

// goexitEnder is the method GoexitEnd that a Policy may have, see SetData. It is not part
// of Policy, since few have it.
type goexitEnder interface {
	GoexitEnd(s *Stack) (next *Stack, out any, ok bool)
}

// An Orphan, stored with SetData, is notified when the goroutine of its stack has
// ended while the stack was suspended. A stack with other data stays suspended
// for ever then.
type Orphan interface {
	// Orphaned is called in the root of a goroutine that has taken the place
	// of the ended one: that root is the same Stack, Current, and it owns all
	// stacks that the ended goroutine owned, with its OwnerLocal values and its
	// switch hook. It may switch to any of them, and ought to end s. If s
	// is still suspended when all of them have been notified, it stays so for ever.
	// An orphan that an earlier call has ended or detached is not notified.
	//
	// A runtime.Goexit ends the goroutine; orphans that were not notified by then are
	// notified on another one, later. A panic crashes the program.
	//
	// Not guaranteed: when this happens, except that the collector must have
	// run twice since the goroutine ended; and the order.
	Orphaned(s *Stack)
}
