package sched

import (
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// GoErr is poller.GoErr.
func GoErr(f func() error) *Task {
	if f == nil {
		fault.Usage(plainCaller() + " of a nil function")
	}
	var t *Task
	t = Go(func() {
		NoteEntry(f)
		if err := f(); err != nil {
			x := t.More()
			x.err = err
			x.Watched = true // it was returned, not raised: not for the error handler
			t.how = failed
		}
	})
	return t
}

// CallFrom makes f a task of h, on any goroutine, and has ended called with its error when it has
// ended, as a function of Link; with ErrEnded if h ends before f has started. It reports false
// if h has ended, and calls neither then.
func (h *Hub) CallFrom(f func(), ended func(err error)) bool {
	l := asm.GoroutineLabels()
	begin := func(h *Hub) {
		if h.Ending.Dying {
			ended(ErrEnded)
			return
		}
		t := h.NewTask(f)
		if h.Labelled && Here().Current == nil {
			t.setLabels(l)
		}
		t.Link(func(t *Task) { ended(t.Error()) })
		t.More().Watched = true
		h.MakeReady(t)
	}
	if Here() == h {
		begin(h)
		return true
	}
	return h.Post(begin)
}
