package sched

import (
	"context"
	"runtime/pprof"

	"github.com/stackful-go/stackful/asm"
)

// Profiler labels belong to a goroutine, so by default all tasks of a hub share them. With
// Options.Labels each task has its own: the root loop saves the labels of a task that parks
// and sets those of the next one. Between two tasks the goroutine has the labels with which
// Run was called.
//
// In the portable backend each stack has a goroutine of its own, and so labels. There a task
// only sets its labels when it starts.

// useLabels makes h label its tasks. It must be called before there are any.
func (h *Hub) useLabels() {
	h.Labelled = true
	h.labels = asm.GoroutineLabels()
	h.Ready.noDirect = true // so that home finds each next task, and a switch costs no more without labels
}

// takeOffLabels saves the labels of the running task, if it has not ended, and sets the
// hub's. It is called on the way to the root stack.
func (h *Hub) takeOffLabels() {
	if h.IsPortable {
		return
	}
	if t := h.Current; t != nil && t.Fiber != nil {
		t.Fiber.labels = h.ownLabels(t)
	}
	asm.SetGoroutineLabels(h.labels)
}

// ownLabels returns the goroutine's labels if t, which runs, has them from the user,
// nil if from its name.
func (h *Hub) ownLabels(t *Task) asm.Labels {
	l := asm.GoroutineLabels()
	if x := t.Extra.Load(); x != nil && l == x.nameLabels {
		return nil
	}
	return l
}

// putOnLabels sets the labels of t: those that it had when it parked, or with which it
// starts, or those of its name. It is called on the root stack before t runs; in the
// portable backend on the new stack, when t starts.
func (t *Task) putOnLabels() {
	var l asm.Labels
	if k := t.Fiber; k != nil {
		l, k.labels = k.labels, nil
	}
	if x := t.Extra.Load(); x != nil {
		if x.labels != nil {
			l, x.labels = x.labels, nil
		}
		if l == nil {
			l = x.nameLabels
		}
	}
	asm.SetGoroutineLabels(l)
}

// inheritLabels gives t, which is new, the labels of the running task, or of the hub if none
// runs.
func (t *Task) inheritLabels() {
	h := t.Hub
	if h.Current != nil {
		t.setLabels(h.ownLabels(h.Current))
	} else {
		t.setLabels(h.labels)
	}
}

// setLabels makes l the labels with which t, which is new, starts.
func (t *Task) setLabels(l asm.Labels) {
	if l != nil {
		t.More().labels = l
	} else if x := t.Extra.Load(); x != nil {
		x.labels = nil
	}
}

// labelName makes the labels of t's new name. Package runtime/pprof can only make labels by
// setting them, so the goroutine's are restored afterwards, unless t runs under its name's.
func (t *Task) labelName(name string) {
	h, x := t.Hub, t.More()
	was := asm.GoroutineLabels()
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("task", name)))
	made := asm.GoroutineLabels()
	if t != h.Current || was != nil && was != x.nameLabels {
		asm.SetGoroutineLabels(was)
	}
	x.nameLabels = made
}

// underLabels returns f for another goroutine, under the labels of the calling one.
func underLabels(f func()) func() {
	l := asm.GoroutineLabels()
	return func() {
		defer asm.SetGoroutineLabels(asm.GoroutineLabels())
		asm.SetGoroutineLabels(l)
		f()
	}
}

// SetName is Task.SetName of package poller.
func (t *Task) SetName(name string) *Task {
	t.More().name.Store(&name)
	if t.Hub.Labelled {
		t.labelName(name)
	}
	return t
}
