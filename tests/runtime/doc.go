// Package goruntime takes what the Go project tests about stacks, deferred calls,
// panics and tracebacks of goroutines (stack_test.go, defer_test.go,
// callers_test.go, panic_test.go and crash_test.go of package runtime), writes the
// same ideas as scenes with a switch at every point where one is possible, and
// requires that each scene does on coroutines exactly what it does on a goroutine
// of its own.
package goruntime
