package sched

import (
	"maps"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Go is poller.Go.
func Go(f func()) *Task {
	h := NeedHub("call it in a task, or use Hub.Go, which starts a task from any goroutine")
	t := h.NewTask(f)
	if h.Ending.Dying {
		t.End(WasKilled)
		return t
	}
	h.MakeReady(t)
	return t
}

// GoAfter is poller.GoAfter.
func GoAfter(d time.Duration, f func()) *Task {
	h := NeedHub("call it in a task, or use Hub.Go, which starts a task from any goroutine")
	t := h.NewTask(f)
	if h.Ending.Dying {
		t.End(WasKilled)
		return t
	}
	x := t.More()
	x.delay = &delay{task: t}
	x.delay.timer.Owner = x.delay
	h.Timers.Arm(&x.delay.timer, After(d))
	return t
}

// Expire makes the task ready, at its start time.
func (d *delay) Expire(int64) {
	t := d.task
	t.More().delay = nil
	t.Hub.MakeReady(t)
}

// GoFrom makes f a task of h, on any goroutine. It reports false if h has ended; if h
// ends before f has started, f never does.
func (h *Hub) GoFrom(f func()) bool {
	if Here() == h {
		if !h.Ending.Dying {
			h.MakeReady(h.NewTask(f))
		}
		return true
	}
	l := asm.GoroutineLabels()
	return h.Post(func(h *Hub) {
		if h.Ending.Dying {
			return
		}
		t := h.NewTask(f)
		if h.Labelled {
			t.setLabels(l)
		}
		h.MakeReady(t)
	})
}

// NewTask makes f a task of h, which is the calling goroutine's hub. The task inherits the
// locals and labels of the running task. The caller must make it ready, or end it.
func (h *Hub) NewTask(f func()) *Task {
	if f == nil {
		fault.Usage(plainCaller() + " of a nil function")
	}
	t := h.allocate()
	t.Hub, t.fn = h, f
	h.Tasks.lastID++
	t.ID = h.Tasks.lastID
	h.Tasks.Live++
	if c := h.Current; c != nil {
		if x := c.Extra.Load(); x != nil && x.Locals != nil {
			t.More().Locals = maps.Clone(x.Locals)
		}
	}
	if h.Labelled {
		t.inheritLabels()
	}
	return t
}
