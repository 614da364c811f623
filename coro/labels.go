package coro

import (
	"github.com/stackful-go/stackful"

	"github.com/stackful-go/stackful/asm"
)

// SetLabels says whether each coroutine of the calling goroutine has profiler
// labels of its own, and returns what was said before. Off, the default, labels
// are the goroutine's: what one coroutine sets, by pprof.Do or
// pprof.SetGoroutineLabels of runtime/pprof, the others run under as well when
// it switches to them, and what a Do in one of them puts back may be another's.
//
// On, a coroutine starts with the labels of the coroutine that switches to it
// first, as a new goroutine has those of its creator, and keeps what it sets while
// others run. Those that were suspended when it was turned on have what they find,
// too. Turning it off leaves the current coroutine's labels to all.
//
// It costs: while it is on, all switches of the goroutine take the slow path, as
// with SetTrace. Goroutine profiles show suspended coroutines without labels.
// In the portable backend labels are each coroutine's own in any case.
//
// It applies to the tasks of package poller, too, if it is called in one of them.
func SetLabels(on bool) (old bool) {
	o := currentOwner()
	old, o.labels = o.labels, on
	o.setHook()
	return old
}

// setHook makes package stackful call switched if there is something to do.
func (o *ownerState) setHook() {
	if o.trace == nil && !(o.labels && stackful.Backend().Native) {
		stackful.SetSwitchHook(nil)
		return
	}
	stackful.SetSwitchHook(o.switched)
}

// exchangeLabels is called when control has come from one stack to another.
func exchangeLabels(from, to *stackful.Stack) {
	labels := asm.GoroutineLabels()
	if !from.Done() {
		r := of(from).needExtra()
		r.labels, r.labelled = labels, true
	}
	if r := of(to).extra; r != nil && r.labelled && r.labels != labels {
		asm.SetGoroutineLabels(r.labels)
	}
}
