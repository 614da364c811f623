package stackful

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
	old, o.instead = o.instead, f
	raceLeave(o)
	return old
}
