//go:build unix

package crash

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"

	"github.com/stackful-go/stackful"
)

type stack = stackful.Stack

func body(f func(v any) any) *stack {
	return stackful.New(func(v any) (*stack, any) { return nil, f(v) })
}

//go:noinline
func waitHere(v any) any { v = stackful.Current().Root().Switch(v); return v }

// wait suspends n stacks.
func wait(n int) {
	for range n {
		body(waitHere).Switch(nil)
	}
}

// The programs. In the comment of each, the lines
//
//	expect: the first line of what it prints (a prefix)
//	then:   something that the output contains
//	not:    something that it does not contain
//	native: as then, but in the native backend only
//	env:    a variable of its environment
//	exit:   its exit code, 2 if not given
//	norace: why the race detector's runtime does not die so

// expect: panic: nobody recovers this
// then: crash.panicHere(
// then: crash.panicking.func1(
// native: [running]:
// not: crash.panicking(
func panicking() {
	body(func(any) any { panicHere("nobody recovers this"); return nil }).Switch(nil)
}

//go:noinline
func panicHere(v any) {
	if v != nil {
		panic(v)
	}
}

// expect: panic: an error value
// then: crash.panicHere(
func panickingError() {
	body(func(any) any { panicHere(fmt.Errorf("an error value")); return nil }).Switch(nil)
}

// expect: panic: in the innermost
// then: crash.panicHere(
func panickingNested() {
	body(func(any) any {
		return body(func(any) any { panicHere("in the innermost"); return nil }).Switch(nil)
	}).Switch(nil)
}

// expect: panic: on top
// then: crash.panicHere(
// then: crash.waitHere(
// not: crash.panickingOnTop(
func panickingOnTop() {
	s := body(waitHere)
	s.Switch(nil)
	s.SwitchRun(func() any { panicHere("on top"); return nil })
}

// expect: panic: on top of a fresh one
// then: crash.panicHere(
func panickingOnTopOfFresh() {
	body(waitHere).SwitchRun(func() any { panicHere("on top of a fresh one"); return nil })
}

// expect: panic: once
// then: panic: in a deferred call
// then: crash.panicHere(
func panickingAgain() {
	s := body(func(any) any {
		defer panicHere("in a deferred call")
		defer waitHere(nil)
		panicHere("once")
		return nil
	})
	s.Switch(nil)
	s.Switch(nil)
}

// expect: panic: runtime error: invalid memory address or nil pointer dereference
// then: crash.dereference(
// then: [signal SIGSEGV
func faulting() {
	body(func(any) any { return dereference(nil) }).Switch(nil)
}

//go:noinline
func dereference(p *int) int { return *p }

// The root's own panic is reported with the root's frames.
//
// expect: panic: on the root
// then: crash.panickingOnRoot(
// then: crash.panicHere(
func panickingOnRoot() {
	wait(3)
	panicHere("on the root")
}

// expect: panic: stackful: stack is done (in return)
func returnsToDone() {
	done := body(func(any) any { return nil })
	done.Switch(nil)
	stackful.New(func(any) (*stack, any) { return done, nil }).Switch(nil)
}

// expect: panic: stackful: stack is done (in return)
func returnsToItself() {
	var s *stack
	s = stackful.New(func(any) (*stack, any) { return s, nil })
	s.Switch(nil)
}

// expect: panic: stackful: stack is not initialized (in return)
func returnsToZero() {
	stackful.New(func(any) (*stack, any) { return new(stack), nil }).Switch(nil)
}

// expect: panic: stackful: stack belongs to another goroutine (in return)
func returnsToForeign() {
	made := make(chan *stack)
	go func() {
		s := body(waitHere)
		s.Switch(nil)
		made <- s
		select {}
	}()
	s := <-made
	stackful.New(func(any) (*stack, any) { return s, nil }).Switch(nil)
}

// expect: fatal error: all goroutines are asleep - deadlock!
// norace: it has threads of its own, so that no deadlock is seen
// then: goroutine 1 [chan receive
// then: crash.deadlocked(
// native: [coroutine
func deadlocked() {
	wait(3)
	<-make(chan int)
}

// expect: fatal error: all goroutines are asleep - deadlock!
// norace: it has threads of its own, so that no deadlock is seen
// then: crash.deadlockedInStack.func1(
// then: crash.waitHere(
func deadlockedInStack() {
	wait(3)
	body(func(any) any { <-make(chan int); return nil }).Switch(nil)
}

// expect: fatal error: concurrent map writes
// norace: it reports the race first
// then: crash.writeMap(
func mapWrites() {
	wait(3)
	m := map[int]int{}
	var stop atomic.Bool
	for range 4 {
		go func() { body(func(any) any { writeMap(m, &stop); return nil }).Switch(nil) }()
	}
	for {
		runtime.Gosched()
	}
}

func writeMap(m map[int]int, stop *atomic.Bool) {
	for i := 0; !stop.Load(); i++ {
		m[i%100] = i
		if i%100 == 0 {
			runtime.Gosched()
		}
	}
}

// expect: runtime: goroutine stack exceeds 1048576-byte limit
// then: fatal error: stack overflow
// then: crash.endless(
func overflowing() {
	debug.SetMaxStack(1 << 20)
	body(func(any) any { return endless(1) }).Switch(nil)
}

//go:noinline
func endless(n int) int { return endless(n+1) + n } //lint:ignore SA5007 it is to overflow

// expect: runtime: goroutine stack exceeds 1048576-byte limit
// then: fatal error: stack overflow
// then: crash.endless(
func overflowingSuspended() {
	debug.SetMaxStack(1 << 20)
	s := body(func(any) any { waitHere(nil); return endless(1) })
	s.Switch(nil)
	s.Switch(nil)
}

// The dump of a process that is told to quit.
//
// expect: SIGQUIT: quit
// then: crash.waitHere(
// then: crash.dumped(
// native: [coroutine
func dumped() {
	debug.SetTraceback("all")
	wait(5)
	if err := syscall.Kill(os.Getpid(), syscall.SIGQUIT); err != nil {
		fmt.Println(err)
	}
	for {
		runtime.Gosched()
	}
}

// A panic with all goroutines shown.
//
// expect: panic: show them all
// then: crash.waitHere(
// native: [coroutine
func panickingAmongMany() {
	debug.SetTraceback("all")
	wait(50)
	panicHere("show them all")
}

// expect: panic: nil
// then: crash.panicHereNil(
// env: GODEBUG=panicnil=1
func panickingNil() {
	defer fmt.Println("main's deferred call runs")
	body(func(any) any { panicHereNil(); return nil }).Switch(nil)
}

//go:noinline
func panicHereNil() { panic(nil) }

// A Goexit of main leaves others to run, and is reported when they are gone.
//
// expect: fatal error:
// norace: it has threads of its own, so that no deadlock is seen
// then: deadlock
func goexitOfMain() {
	body(func(any) any { runtime.Goexit(); return nil }).Switch(nil)
}

// expect: panic: stackful: stack belongs to another goroutine (in Switch)
func wrongGoroutine() {
	s := body(waitHere)
	s.Switch(nil)
	go s.Switch(nil)
	select {}
}

// expect: deferred
// then: end of program
// exit: 0
func recovered() {
	body(func(any) any {
		defer func() { recover(); fmt.Println("deferred") }()
		panicHere("somebody recovers this")
		return nil
	}).Switch(nil)
}

// Suspended stacks do not keep a process from ending.
//
// expect: end of program
// exit: 0
func endsWithSuspended() {
	wait(500)
	go wait(5)
}

// expect: leaving
// exit: 7
func exitsInStack() {
	body(func(any) any {
		fmt.Println("leaving")
		os.Exit(7)
		return nil
	}).Switch(nil)
}
