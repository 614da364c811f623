package sched

import (
	"context"
	"runtime/pprof"

	"github.com/stackful-go/stackful/asm"
)

// What runs on a goroutine has the goroutine's profiler labels. With Options.Labels
// each task gets its own: they are taken off when the hub looks for who is to run
// next, and those of the next one put on when it has found one. In between the
// goroutine has the labels with which Run was called.
//
// In the portable backend each stack has a goroutine, and so labels. There a task
// only puts on those with which it starts.

// useLabels is called before there are tasks.
func (h *Hub) useLabels() {
	h.Labelled = true
	h.labels = asm.GoroutineLabels()
	h.Ready.noDirect = true // so that home finds each next task, and a switch costs no more without labels
}

// takeOffLabels is called when the running task, if it has not ended, leaves it to home
// who runs next.
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

// putOnLabels is called when t, which has been parked or has not begun, is about to
// run; in the portable backend, by itself when it begins.
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

// inheritLabels gives t, which is new, the labels of whoever makes it on its hub.
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

// labelName makes the labels of t's name, which is new.
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
