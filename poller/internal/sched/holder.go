package sched

// NoteHolder is called before the running task of h, if there is one, waits with ParkMutex for a lock
// with the holder l, which changes while the task waits.
func (h *Hub) NoteHolder(l *Holder) {
	if h != nil && h.Current != nil {
		h.Current.Fiber.NoteHolder(l)
	}
}

// NoteHolder is Hub.NoteHolder for the fiber of the running task.
func (k *Fiber) NoteHolder(l *Holder) {
	if k.lock != l { // tasks that pass a lock round wait for the same one; and the store of a pointer costs a write barrier
		k.lock = l
	}
}

// Running returns the running task of h; nil if none runs, or if h is nil.
func (h *Hub) Running() *Task {
	if h == nil {
		return nil
	}
	return h.Current
}

// Of returns the task that waits; nil if it is a goroutine that is in none, or if w is nil. It must be
// called by the claimant, before Resume.
func (w *Waiter) Of() *Task {
	if w == nil || w.Fiber == nil {
		return nil
	}
	return w.Fiber.Task
}

// holder returns the task that holds the lock for which the task on k waits; nil if it does not wait
// for one, or if that is not known. It must be called on the hub's goroutine.
func (k *Fiber) holder() *Task {
	if k.W.Why != ParkMutex || k.lock == nil || !k.isWaiting() {
		return nil
	}
	return k.lock.task.Load()
}

// entryFor returns the address of the function of t, for a question to h; 0 if it is another hub's
// task, or has ended. It must be called on h's goroutine.
func (t *Task) entryFor(h *Hub) uintptr {
	if t.Hub != h || t.HasEnded.Load() {
		return 0
	}
	return t.entry()
}
