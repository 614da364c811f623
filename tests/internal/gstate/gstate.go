// Package gstate tells tests which of the conditions hold under which a switch
// must take care: see native_lockfree.go of the root package.
package gstate

// A State is what the running goroutine's g and the collector show.
type State struct {
	Marking  bool // the write barrier is on
	Profiled bool // a goroutine profile is being collected, or has marked this goroutine
	Traced   bool // the execution tracer has written an event of this goroutine
}

// Now looks at the running goroutine. In a build without the native backend
// everything is false.
func Now() State {
	marking, profiled, traced := look()
	return State{marking != 0, profiled != 0, traced != 0}
}
