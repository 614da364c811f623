package coro

import (
	"sync/atomic"

	"github.com/stackful-go/stackful"
)

// An Event says how control came to a coroutine.
type Event int

const (
	EventSwitch Event = iota // control arrived with a value
	EventThrow               // control arrived with a panic, or a Goexit
)

// String returns greenlet's name for the event.
func (e Event) String() string {
	if e == EventThrow {
		return "throw"
	}
	return "switch"
}

// tracers counts the goroutines that have a trace function.
var tracers atomic.Int32

// SetTrace makes f be called after every transfer of control between coroutines
// of the calling goroutine, and returns the function that was set before, nil if
// none was. A nil f ends tracing. While no function is set, switches cost
// nothing extra.
//
// f runs in the coroutine that control went to, before the value or the panic is
// delivered. It may switch; then it is called for these switches too. If f
// panics, tracing ends and the panic takes the place of what was delivered.
func SetTrace(f func(event Event, from, to *Coroutine)) (old func(event Event, from, to *Coroutine)) {
	o := currentOwner()
	old, o.trace = o.trace, f
	switch {
	case old == nil && f != nil:
		tracers.Add(1)
	case old != nil && f == nil:
		tracers.Add(-1)
	}
	o.setHook()
	return old
}

// switched is called by package stackful, see SetTrace and SetLabels.
func (o *ownerState) switched(from, to *stackful.Stack, top bool) {
	if o.labels {
		exchangeLabels(from, to)
	}
	if o.trace == nil || o.untraced != 0 {
		return
	}
	event, c := EventSwitch, of(to)
	if top || c.extra != nil && c.extra.throwBeforeStart {
		event = EventThrow
	}
	if c.extra != nil {
		c.extra.throwBeforeStart = false
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		SetTrace(nil)
		if c.run != nil { // it has not started: enter raises the panic
			c.needExtra().hookDied = recover()
		}
	}()
	o.trace(event, of(from), c)
	returned = true
}

// traced returns the value with which c starts when v was passed: v, or the startError that
// a panic in the trace function has become.
func (c *Coroutine) traced(v any) any {
	if c.extra == nil || c.extra.hookDied == nil {
		return v
	}
	v = startError{c.extra.hookDied}
	c.extra.hookDied = nil
	return v
}
