package poller

// readyQueue is the tasks that can run, in the order in which they became ready.
// The hub's goroutine alone uses it.
type readyQueue struct {
	ring []*Task // its length is a power of two
	head int
	n    int
}

func (q *readyQueue) push(t *Task) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = t
	q.n++
}

// pop returns nil if the queue is empty.
func (q *readyQueue) pop() *Task {
	if q.n == 0 {
		return nil
	}
	t := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return t
}

func (q *readyQueue) grow() {
	bigger := make([]*Task, max(64, 2*len(q.ring)))
	k := copy(bigger, q.ring[q.head:])
	copy(bigger[k:], q.ring[:q.head])
	q.ring, q.head = bigger, 0
}
