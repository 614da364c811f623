package poller

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Group is a set of tasks: those that were started with its Go and have not
// ended. The zero Group is empty. It must be used by the tasks of one goroutine,
// and not be copied after first use.
type Group struct {
	tasks   map[*Task]struct{}
	err     error
	room    *Semaphore // of a Pool
	kills   int        // calls of Kill so far
	killing int        // those of them that are in progress
}

// NewPool returns a Group of at most n tasks at a time: Go waits while there are
// n. It panics if n is not positive.
func NewPool(n int) *Group {
	if n <= 0 {
		fault.Usage("a Pool must have room for a task")
	}
	return &Group{room: NewSemaphore(n)}
}

// Go starts f as a task of the group. An error of f, or a panic, is kept for
// Join. While Kill is under way, and if it was called while Go waited for room, f
// never runs: the task has been killed when Go returns it.
func (g *Group) Go(f func() error) *Task {
	switch {
	case g.killing > 0:
		if g.room != nil {
			Yield() // as a task that waits for room would: a loop of Go must let Kill end
		}
		return bornKilled(f)
	case g.room != nil:
		kills := g.kills
		g.room.Acquire()
		if g.kills != kills {
			g.room.Release()
			return bornKilled(f)
		}
	}
	if g.tasks == nil {
		g.tasks = make(map[*Task]struct{})
	}
	t := Go(func() {
		if err := f(); err != nil && g.err == nil {
			g.err = err
		}
	})
	if t.Ended() {
		g.leave(t)
		return t
	}
	g.tasks[t] = struct{}{}
	t.Link(g.leave)
	t.sched().More().Watched = true
	return t
}

func (g *Group) leave(t *Task) {
	delete(g.tasks, t)
	if err := t.sched().Error(); g.err == nil && err != nil && err != ErrKilled {
		g.err = err
	}
	if g.room != nil {
		g.room.Release()
	}
}

// all returns the tasks of the group; in a simulation in the order of their starts.
func (g *Group) all() iter.Seq[*Task] {
	if simHere() == nil {
		return maps.Keys(g.tasks)
	}
	return slices.Values(slices.SortedFunc(maps.Keys(g.tasks), startedBefore))
}

func startedBefore(a, b *Task) int { return cmp.Compare(a.ID, b.ID) }

// Len returns how many tasks of the group have not ended.
func (g *Group) Len() int { return len(g.tasks) }

// bornKilled returns a task that was killed before its start.
func bornKilled(f func() error) *Task {
	t := Go(func() { f() })
	t.KillNoWait()
	return t
}

// Join waits until the group is empty. It returns the first error that one of
// its functions has returned, or the *PanicError of the first that panicked, and
// forgets it. It returns a *DeadlockError, and forgets nothing, if a task of the group
// can never end because it waits for the calling one.
func (g *Group) Join() error {
	if err := g.join(); err != nil {
		return err
	}
	err := g.err
	g.err = nil
	return err
}

// Kill kills all tasks of the group, and waits until they have ended: then the group is
// empty, but for the calling task if that is one of its own. Nothing that would be
// started meanwhile ever runs: neither by deferred calls of the tasks that end, nor by
// tasks that wait for room in a Pool when Kill is called, see Go. These tasks themselves
// are not of the group, and go on; one that starts tasks in a loop must be killed first
// if it is to stop.
//
// Each task is killed once. Kill goes on waiting for one that recovers, as Task.Kill does;
// but not for one that can never end because it waits for the calling task.
func (g *Group) Kill() {
	g.kills++
	g.killing++
	defer func() { g.killing-- }()
	for _, t := range g.others() {
		t.KillNoWait()
	}
	g.join()
}

// join waits until there are no others in the group.
func (g *Group) join() error {
	for all := g.others(); len(all) > 0; all = g.others() {
		for _, t := range all {
			if err := t.Join(); errors.Is(err, ErrDeadlock) && !t.Ended() {
				return err
			}
		}
	}
	return nil
}

// others returns the tasks of the group but the calling one.
func (g *Group) others() []*Task {
	self := Current()
	return slices.DeleteFunc(slices.Collect(g.all()), func(t *Task) bool { return t == self })
}

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
			r := Async(func() (Out, error) { return f(in) })
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
			if simHere() != nil {
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
			r := Async(func() (Out, error) { return f(in) })
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
