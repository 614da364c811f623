// Package coro has stackful coroutines: functions that can be left in the middle,
// at any depth of calls, and resumed later, by a switch that takes a few
// nanoseconds and that the Go scheduler does not see. It is greenlet for Go.
//
// Coroutines:
//   - one: [Coroutine], [Current], [New], [NewChildOf]
//   - what each has for itself: [Local], [Locals], [SetLabels]
//   - its end: [ErrExit], [KillOnCollect], [Reap], [Scope]
//   - what a panic in one becomes: [PanicError], [SetUnhandled]
//
// Generators:
//   - functions that yield, and are sent values: [Generator]
//   - next of a sequence, in place of iter.Pull: [Pull], [Pull2]
//
// Seeing:
//   - all coroutines, if they are tracked: [Dump], [Track]
//   - each switch: [Event], [SetTrace]
//
// Errors, which misuse panics with, or the call returns:
//   - [ErrDone], [ErrForeignFrames], [ErrMisplacedYield], [ErrNilThrow], [ErrNoBody], [ErrNoParent],
//     [ErrNotYielded], [ErrParentCycle], [ErrParked], [ErrReentered], [ErrRefusedExit], [ErrRoot],
//     [ErrRunning], [ErrWrongGoroutine]
//
// Two that talk to each other:
//
//	parent := coro.Current()
//	c := coro.New(func(v any) any {      // not started yet
//		for v != "stop" {
//			v = parent.Switch(fmt.Sprintf("got %v", v)) // leave, with a value
//		}
//		return "done"                    // what is returned goes to the parent
//	})
//	fmt.Println(c.Switch(1))             // got 1
//	fmt.Println(c.Switch(2))             // got 2
//	fmt.Println(c.Switch("stop"))        // done
//
// A coroutine is part of the goroutine that made it: goroutine id, OS-thread lock
// and all else that Go ties to a goroutine are the same in all coroutines of one. (So do
// not switch inside of crypto/fips140.WithoutEnforcement or
// crypto/subtle.WithDataIndependentTiming: the other coroutines would be in it as well, and
// the first to leave it would end it for all. See "State that stays with the goroutine" in
// package stackful.)
// In the portable backend they are not the same, and a switch while the goroutine is locked
// to its thread panics with stackful.ErrThreadLocked: see stackful.Backend.
// They run one at a time, so that data which only they share needs no lock.
//
// It is not a scheduler. A coroutine that blocks in a channel operation, a lock or
// a system call blocks its goroutine, and with it all coroutines there. Package
// poller has tasks that switch when they would block.
//
// # Parents
//
// A coroutine that ends goes to its parent, and its result becomes that of the Switch in which the
// parent is suspended, whatever that Switch was for. Where one coroutine calls another and waits for
// it, that is what is wanted, and New makes the caller the parent. Where a scheduler resumes
// coroutines, it is a trap: a script that starts another one by New is the parent of that, and is
// resumed by its end in the middle of waiting for something else, without an error. Give such a
// coroutine the scheduler as its parent:
//
//	scheduler := coro.Current() // where the loop runs
//	...
//	c := coro.NewChildOf(scheduler, script) // called in another script
//
// # Coming from greenlet
//
//	greenlet                        coro                             differences
//	greenlet(run)                   New(run)                         run takes and returns one value; nil is refused
//	greenlet(run, parent)           NewChildOf(parent, run)          or New(run), then SetParent
//	getcurrent()                    Current()
//	g.switch(x)                     c.Switch(x)                      one value, no keywords; to return several use a struct
//	g.throw(exc)                    c.Throw(err)                     it is a panic; recover is except, defer is finally
//	g.throw()                       c.Throw(ErrExit)
//	GreenletExit                    ErrExit                          and every error that Is ErrExit
//	an exception in the parent      a panic with a *PanicError       it unwraps to the error and has the coroutine's stack
//	g.parent, g.parent = p          c.Parent(), c.SetParent(p)       errors: ErrParentCycle, ErrRoot, ErrWrongGoroutine
//	g.dead, bool(g)                 c.Dead(), c.Active(), c.Started()
//	g.run                           -                                the body cannot be changed after New
//	g.gr_frame                      c.Frames()
//	g.gr_context                    c.Locals(), c.SetLocals()        a Local says itself whether it is inherited
//	attributes of a greenlet        Local[T]
//	settrace, gettrace              SetTrace                         per goroutine, as greenlet's is per thread
//	del g                           c.Kill(), Scope, KillOnCollect   see below
//	the unraisable hook             SetUnhandled
//	greenlet.error                  *stackful.UsageError             a panic, before anything has changed
//	thread                          goroutine
//	-                               c.Detach(), c.Attach()           a suspended coroutine moves to another goroutine
//	the main greenlet               the root coroutine               never dead, even if its goroutine has ended
//	the end of a thread             the end of a goroutine           suspended coroutines get ErrExit, two collections later
//	generators built on greenlets   Pull, Pull2, Generator
//
// What is the same: the tree of parents, where results and errors go, that a
// switch to a dead coroutine goes to its nearest living ancestor, that a
// coroutine belongs to one goroutine, that control passes explicitly only. What
// is new: runtime.Goexit in a coroutine runs its deferred calls and goes on in its
// parent, until it ends the goroutine.
//
// The one thing that greenlet does by itself and Go cannot is to end a suspended
// coroutine when nothing else refers to it any more while its goroutine goes on: its own
// stack refers to it. Kill it, make it in a Scope, or tie it to an object of your
// own by KillOnCollect. When its goroutine has ended, it is ended: see New.
//
// Profiler labels belong to the goroutine unless SetLabels gives each coroutine its own.
//
// Package conformance in tests holds this package to greenlet's own tests, row by
// row, and says which of them have no meaning in Go.
package coro
