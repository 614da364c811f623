package poller

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Group is a set of tasks: all that were started with its Go and have not ended. The zero
// Group is empty. It must be used by the tasks of one goroutine, and not be copied after
// first use.
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
		fault.Usage("NewPool without room for a task: n must be positive")
	}
	return &Group{room: NewSemaphore(n)}
}

// GoFunc is Go for a function without a result, as the function Go takes.
func (g *Group) GoFunc(f func()) *Task {
	if f == nil {
		fault.Usage("Group.GoFunc of a nil function")
	}
	return g.Go(func() error { sched.NoteEntry(f); f(); return nil })
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
		sched.NoteEntry(f)
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
	if CurrentSim() == nil {
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
// empty, but for the calling task if that is one of its own. No function that is given to
// Go meanwhile ever runs: neither by deferred calls of the ending tasks, nor by tasks that
// wait for room in a Pool when Kill is called, see Go. The latter are not of the group, and
// go on; a task that starts tasks in a loop must be killed first if it is to stop.
//
// Each task is killed once. Kill goes on waiting for a task that recovers, as Task.Kill
// does; but not for a task that can never end because it waits for the calling one.
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
