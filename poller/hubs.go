package poller

import (
	"errors"
	"sync"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// ErrEnded is the result of Hub.Go when the Run is over.
var ErrEnded = errors.New("poller: the hub's Run has ended")

// A Hub is a running Run, as seen from other goroutines. It is what hubs send
// each other work by; they share nothing else. It may be used from any goroutine.
type Hub struct{ h *hub }

// Here returns the calling task's hub. It panics outside of Run.
func Here() Hub {
	h := currentHub()
	if h == nil {
		fault.Usage("Here outside of Run")
	}
	return Hub{h}
}

// Go starts f as a task of the hub, from whatever goroutine, and returns without
// waiting for it to start. It returns ErrEnded if the hub's Run is over; if it ends
// before f has started, f never does.
func (to Hub) Go(f func()) error {
	if f == nil {
		fault.Usage("nil function for a task")
	}
	if currentHub() == to.h {
		if !to.h.ending.dying {
			to.h.makeReady(to.h.newTask(f))
		}
		return nil
	}
	l := goroutineLabels()
	start := func(h *hub) {
		if h.ending.dying {
			return
		}
		t := h.newTask(f)
		if h.labelled {
			t.setLabels(l)
		}
		h.makeReady(t)
	}
	if !to.h.postCall(start) {
		return ErrEnded
	}
	return nil
}

// RunAll is Run on n goroutines at once, for n processors: each has a hub, with
// descriptors, timers and tasks of its own, and runs main with its number, from 0.
// To have connections spread over them, let each listen at the same address with
// ListenConfig.ReusePort. RunAll blocks until all have ended, and returns their
// errors, joined: ErrGoexit for one on which a task has called runtime.Goexit.
//
// One that ends does not end the others.
func RunAll(n int, main func(i int)) error { return Options{}.RunAll(n, main) }

// RunAll is the function RunAll with options.
func (o Options) RunAll(n int, main func(i int)) error {
	if n < 1 {
		fault.Usage("RunAll of less than one")
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		errs[i] = ErrGoexit // unless Run returns
		wg.Go(func() { errs[i] = o.Run(func() { main(i) }) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
