// Package parked is what packages coro and poller ask each other about coroutines in
// which a task is parked. Such a coroutine is suspended like any other, but whoever switches
// to it would take the place of the task's hub: package coro refuses that.
package parked

import "github.com/stackful-go/stackful"

// Mark is set by package coro. It notes that one task more, or less, is parked in what
// stands for s, or further in.
var Mark = func(s *stackful.Stack, more bool) {}

var (
	// On reports whether s is the own stack of a task that does not run. It is set by
	// package poller, and called on the goroutine of s.
	On = func(s *stackful.Stack) bool { return false }

	// Home returns the own stack of the calling goroutine's running task; outside of any,
	// the stack that called Run. It is set by package poller, and called if a mark or
	// On has said that there is one.
	Home = func() *stackful.Stack { return nil }
)
