package main

import (
	"sync"

	"github.com/stackful-go/stackful"
)

// An exchange is where goroutines leave stacks for others to take.
type exchange struct {
	mu       sync.Mutex
	routines []*routine        // of workers
	orphans  []*stackful.Stack // of goroutines that have ended
}

func pop[T any](mu *sync.Mutex, list *[]T) (v T, ok bool) {
	mu.Lock()
	defer mu.Unlock()
	if last := len(*list) - 1; last >= 0 {
		v, *list = (*list)[last], (*list)[:last]
		return v, true
	}
	return v, false
}

func push[T any](mu *sync.Mutex, list *[]T, v T, most int) bool {
	mu.Lock()
	defer mu.Unlock()
	if len(*list) >= most {
		return false
	}
	*list = append(*list, v)
	return true
}

// trade gives a stack away at times, and takes one at times.
func (w *worker) trade() {
	if !w.config.move || w.draining || len(w.alive) == 0 {
		return
	}
	switch w.rng.IntN(60) {
	case 0:
		i := w.rng.IntN(len(w.alive))
		if w.alive[i].pinned > 0 {
			return
		}
		r := w.takeAt(i)
		r.stack.Detach()
		if !push(&w.exchange.mu, &w.exchange.routines, r, 64) {
			r.stack.Attach()
			w.alive = append(w.alive, r)
		}
	case 1:
		w.adopt()
	}
}

// adopt takes a stack that another goroutine has left.
func (w *worker) adopt() bool {
	r, ok := pop(&w.exchange.mu, &w.exchange.routines)
	if ok {
		r.stack.Attach()
		r.w = w
		w.alive = append(w.alive, r)
		w.moved.Add(1)
	}
	return ok
}
