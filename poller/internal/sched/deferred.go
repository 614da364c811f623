package sched

// maxRequeues is how often the first deferred task is requeued in vain.
const maxRequeues = 3

// requeueDeferred puts those of the first deferred tasks that would not block any more at
// the head of the run queue, as many as will run until it is called again, and some of
// the others at its end.
func (h *Hub) requeueDeferred() {
	deferred := &h.Deferred
	var first [PollInterval]*Task
	n := 0
	for n < len(first) && deferred.N > 0 {
		t := deferred.Pop()
		if h.blockedByGC(t, nil) {
			deferred.Add(t, true)
			break
		}
		first[n] = t
		n++
	}
	switch {
	case n == 0:
	case first[0] != deferred.oldest:
		deferred.oldest, deferred.requeued = first[0], 1
	default:
		if deferred.requeued++; deferred.requeued >= maxRequeues {
			deferred.oldest, deferred.mustRun = nil, first[0]
		}
	}
	for i := n - 1; i >= 0; i-- {
		if h.Ready.others != nil { // a priority was set since they were deferred
			h.Ready.Push(first[n-1-i])
		} else {
			h.Ready.ring.pushFront(first[i])
		}
	}
	for i := n; i < len(first); i++ {
		t := h.takeDeferred(nil, 1)
		if t != nil {
			h.Ready.Push(t)
		}
	}
}

// oldestDeferred takes out the first deferred task, for a switch that may block; nil if
// there is none.
func (h *Hub) oldestDeferred() *Task {
	deferred := &h.Deferred
	t := deferred.Pop()
	for t != nil && t.HasEnded.Load() {
		t = deferred.Pop()
	}
	deferred.waited = t
	return t
}

// takeDeferred is takeRunnable for n deferred tasks from the cursor on, round the ring.
func (h *Hub) takeDeferred(from *Fiber, n int) *Task {
	deferred := &h.Deferred
	for range min(n, deferred.Tasks.N) {
		if deferred.cursor >= deferred.Tasks.N {
			deferred.cursor = 0
		}
		i := deferred.cursor
		deferred.cursor++
		if t := deferred.Tasks.at(i); t != nil && !h.blockedByGC(t, from) {
			if deferred.takeAt(i); !t.HasEnded.Load() {
				return t
			}
		}
	}
	return nil
}

// blockedByGC reports whether a switch to t from the stack of from would block. from may be
// nil. A task that has ended is not blocked: it is only taken out.
func (h *Hub) blockedByGC(t *Task, from *Fiber) bool {
	switch k := t.Fiber; {
	case t.HasEnded.Load():
		return false
	case k == nil:
		return h.Fibers.Idle != nil && h.Fibers.Idle.stack.MustWait()
	case k == from:
		return false // it goes on where it is
	default:
		return k.restsOn().MustWait()
	}
}
