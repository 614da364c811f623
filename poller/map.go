package poller

import (
	"iter"
	"slices"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Map calls f for each value of seq, up to n calls at a time in tasks of their
// own, and yields the results in the order of the values. A panic of f becomes the
// error of its result. When the loop over the results ends early, the calls that
// have begun are killed.
//
// A consumer that is interrupted, by Kill or WithTimeout, while it waits for the next
// result ends the loop; and if it pulls the results, with coro.Pull, it ends the sequence:
// there are no more results then. (A next that gave up for a while and went on later would
// need a Chan between.) Do not use iter.Pull in a task: see the package's text on sequences.
func Map[In, Out any](n int, seq iter.Seq[In], f func(In) (Out, error)) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		var pending []*Future[Out]
		defer func() { killFutures(pending) }()
		first := func() bool {
			r := pending[0]
			v, err := r.Get()
			pending = pending[1:]
			return yield(v, err)
		}
		for in := range seq {
			if len(pending) == max(n, 1) && !first() {
				return
			}
			r := Async(func() (Out, error) { sched.NoteEntry(f); return f(in) })
			r.task.sched().More().Watched = true
			pending = append(pending, r)
		}
		for len(pending) > 0 {
			if !first() {
				return
			}
		}
	}
}

// MapUnordered is Map with the results in the order in which they come.
func MapUnordered[In, Out any](n int, seq iter.Seq[In], f func(In) (Out, error)) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		done := NewChan[*Future[Out]](max(n, 1))
		running := map[*Future[Out]]bool{}
		defer func() {
			var rest []*Future[Out]
			for r := range running {
				r.task.sched().More().Links = nil
				rest = append(rest, r)
			}
			if CurrentSim() != nil {
				slices.SortFunc(rest, func(a, b *Future[Out]) int { return startedBefore(a.task, b.task) })
			}
			killFutures(rest)
		}()
		next := func() bool {
			r, _ := done.Recv()
			delete(running, r)
			return yield(r.Get())
		}
		for in := range seq {
			if len(running) == max(n, 1) && !next() {
				return
			}
			r := Async(func() (Out, error) { sched.NoteEntry(f); return f(in) })
			running[r] = true
			r.task.sched().More().Watched = true
			r.task.Link(func(*Task) { done.TrySend(r) }) // there is room: it holds n
		}
		for len(running) > 0 {
			if !next() {
				return
			}
		}
	}
}

func killFutures[T any](all []*Future[T]) {
	for _, r := range all {
		r.task.KillNoWait()
	}
	for _, r := range all {
		r.task.Join()
	}
}
