package sched

// deadlocked reports that nothing can ever make a task ready: each waits for
// another task of this hub, and there is no timer. (Other waits can be ended by
// other goroutines, and so are never certain to last for ever.)
func (h *Hub) deadlocked() bool {
	return h.Tasks.Live > 0 && h.Tasks.Joining == h.Tasks.Live && h.Timers.Next() == Never
}

// reportDeadlock has each Join return an error that lists the tasks.
func (h *Hub) reportDeadlock() {
	err := NewDeadlockError(h.Dump())
	for _, t := range h.AllTasks() { // all of them are parked, so each has a fiber
		if k := t.Fiber; k.W.Why == parkJoin && k.W.Claim(err) {
			h.MakeReady(t)
		}
	}
}
