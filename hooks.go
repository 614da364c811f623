package stackful

// SetSwitchHook makes f be called for every switch between stacks of the
// calling goroutine: on the stack that is resumed or started, before it gets
// its value; from may be done by then. top says that a call is made on top (see
// SwitchRun). f may switch itself. A nil f, the default, costs nothing: with a
// hook all switches of this goroutine go the careful way, which is several times
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

// SetWaitHook has f called, on the running stack, whenever a switch to the stack to
// would have to wait for the garbage collector (see MustWait). It returns the stack
// to go to in its place, with the same value: to itself, to wait for it; another
// one of this goroutine, which is suspended or has not started; or, unless it is
// ending, the running stack, for which the switch is over at once. f is called again
// each time that the stack which it has chosen cannot be switched to, after a while
// if it is the same as before. So a scheduler runs what it can run. f must not switch.
//
// There is one hook for each goroutine; nil removes it. SetWaitHook returns the hook
// that was set before. It costs nothing while nothing waits, and is never called in
// the portable backend.
func SetWaitHook(f func(to *Stack) *Stack) (old func(to *Stack) *Stack) {
	o := currentOwner()
	o.keep()
	old, o.waitHook = o.waitHook, f
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
	// run all deferred calls of s; nil is the root. It may be asked at other times, too, and
	// must change nothing.
	GoexitTarget(s *Stack) *Stack
}

// goexitEnder is the method GoexitEnd that a Policy may have, see SetData. It is not part
// of Policy, since few have it.
type goexitEnder interface {
	GoexitEnd(s *Stack) (next *Stack, out any, ok bool)
}

// An Orphan, stored with SetData, is told when the goroutine of its stack has
// ended while the stack was suspended. A stack with other data stays suspended
// for ever then.
type Orphan interface {
	// Orphaned is called in the root of a goroutine that has taken the place
	// of the one that ended: that root is the same Stack, Current, and it owns all
	// stacks that the other goroutine owned, with its OwnerLocal values and its
	// switch hook. It may switch to any of them, and ought to end s. If s
	// is still suspended when all of them have been told, it stays so for ever.
	// One that another one has switched to and ended, or detached, is not told.
	//
	// A runtime.Goexit ends the goroutine; what has not been told by then is
	// told on another one, later. A panic crashes the program.
	//
	// Not guaranteed: when this happens, except that the collector must have
	// run twice since the goroutine ended; and the order.
	Orphaned(s *Stack)
}
