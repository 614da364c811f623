package poller

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A WithTimeout that is open in a sequence is none of the consumer's business; it is
// raised in the sequence, when that waits again.
func TestWithTimeout_inASequence(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		var inside error
		next, stop := coro.Pull(func(yield func(int) bool) {
			inside = WithTimeout(time.Hour, func() error {
				yield(1)
				Yield()
				t.Error("the time was up, but nothing was raised")
				return nil
			})
			yield(2)
		})
		defer stop()
		next()
		expireScope(h, Current())
		if v := panicOf(func() {
			Yield()
			Sleep(time.Microsecond)
			new(Event).WaitTimeout(time.Microsecond)
		}); v != nil {
			t.Error("raised in the consumer:", v)
		}
		// The consumer's own works meanwhile.
		if err := WithTimeout(time.Microsecond, func() error { Sleep(time.Hour); return nil }); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the consumer's own:", err)
		}
		if inside != nil {
			t.Error("raised too early")
		}
		if v, ok := next(); v != 2 || !ok || !errors.Is(inside, os.ErrDeadlineExceeded) {
			t.Error("inside:", v, ok, inside)
		}
		if len(h.Scopes.Overdue) != 0 {
			t.Error("something is left")
		}
	})
}

// Of several that are due, the outermost is raised: the one that was opened first on its
// stack, and that of the consumer before that of a sequence.
func TestWithTimeout_nestedDue(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		raised := ""
		within := func(name string, f func()) {
			err := WithTimeout(time.Hour, func() error { f(); return nil })
			if err != nil {
				raised += name
			}
		}
		all := func(task *Task) {
			for range 4 {
				expireScope(h, task)
			}
		}
		task := Go(func() {
			next, stop := coro.Pull(func(yield func(int) bool) {
				within("s", func() {
					yield(1)
					within("i", func() { Sleep(time.Hour) })
				})
			})
			defer stop()
			next()
			within("a", func() {
				within("b", func() {
					next()
				})
			})
		})
		Yield()
		all(task)
		task.Join()
		if raised != "a" {
			t.Errorf("raised: %q, want \"a\"", raised)
		}
	})
}

// Scopes of several stacks end in any order.
func TestWithTimeout_anyOrder(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		next, _ := coro.Pull(func(yield func(int) bool) {
			WithTimeout(time.Hour, func() error { yield(1); return nil })
		})
		next()
		err := WithTimeout(time.Hour, func() error {
			next() // ends the sequence, and its scope
			expireScope(h, Current())
			Sleep(time.Hour)
			return nil
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		// And one that is opened after the consumer's, and is still open when that ends.
		var stop func()
		next, stop = coro.Pull(func(yield func(int) bool) {
			err = WithTimeout(time.Hour, func() error { yield(1); Sleep(time.Hour); return nil })
		})
		WithTimeout(time.Hour, func() error { next(); return nil })
		if v := panicOf(func() { Yield() }); v != nil {
			t.Error(v)
		}
		expireScope(h, Current())
		if next(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the sequence's:", err)
		}
		stop()
		if len(h.Timers.Entries) != 0 || len(h.Scopes.Overdue) != 0 {
			t.Error("something is left")
		}
	})
}

// The consumer's time is up while the sequence waits in its name: that wait ends, and the
// panic comes up to the consumer, through any number of sequences.
func TestWithTimeout_aroundSequences(t *testing.T) {
	run(t, func() {
		deferred := 0
		seq := func(yield func(int) bool) {
			defer func() { deferred++ }()
			Sleep(time.Hour)
		}
		for range 3 {
			inner := seq
			seq = func(yield func(int) bool) {
				defer func() { deferred++ }()
				next, stop := coro.Pull(inner)
				defer stop()
				next()
			}
		}
		next, stop := coro.Pull(seq)
		defer stop()
		err := WithTimeout(time.Millisecond, func() error { next(); return nil })
		if !errors.Is(err, os.ErrDeadlineExceeded) || deferred != 4 {
			t.Error(err, deferred)
		}
		// One in the middle: its sequence waits for another, and the task for it.
		var inside error
		next, stop = coro.Pull(func(yield func(int) bool) {
			inside = WithTimeout(time.Millisecond, func() error {
				next, stop := coro.Pull(func(func(int) bool) { Sleep(time.Hour) })
				defer stop()
				next()
				return nil
			})
			yield(1)
		})
		defer stop()
		Go(func() {
			if v, ok := next(); v != 1 || !ok || !errors.Is(inside, os.ErrDeadlineExceeded) {
				t.Error("in the middle:", v, ok, inside)
			}
		}).JoinTimeout(time.Second)
		if inside == nil {
			t.Error("in the middle: not raised")
		}
		// A bare stack does not name its resumer: the task does.
		err = WithTimeout(time.Millisecond, func() error {
			root := stackful.Current()
			var v any
			stackful.New(func(any) (*stackful.Stack, any) {
				v = panicOf(func() { Sleep(time.Hour) })
				return root, nil
			}).Switch(nil)
			panic(v)
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("bare stack:", err)
		}
	})
}

// A scope that was opened while one task asked for a value ends what the sequence waits in
// for another.
func TestWithTimeout_ofAnotherTask(t *testing.T) {
	for _, parkedFirst := range []bool{false, true} {
		run(t, func() {
			h := sched.Here()
			var inside error
			next, stop := coro.Pull(func(yield func(int) bool) {
				inside = WithTimeout(time.Hour, func() error { yield(1); Sleep(time.Hour); return nil })
				yield(2)
			})
			opener := Go(func() { next(); new(Event).Wait() })
			Yield()
			if !parkedFirst {
				expireScope(h, opener)
			}
			got := 0
			other := Go(func() {
				got, _ = next()
				stop()
			})
			Yield()
			if parkedFirst {
				expireScope(h, opener)
			}
			if err := other.JoinTimeout(time.Second); err != nil || got != 2 || !errors.Is(inside, os.ErrDeadlineExceeded) {
				t.Errorf("parked first %v: %v, got %d, inside: %v", parkedFirst, err, got, inside)
			}
			if opener.Ended() {
				t.Errorf("parked first %v: raised in the task that does not wait there: %v", parkedFirst, opener.Err())
			}
			opener.Kill()
		})
	}
}

// The time of a scope in an abandoned sequence is up after its task has ended.
func TestWithTimeout_outlivesItsTask(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		opener := Go(func() {
			next, _ := coro.Pull(func(yield func(int) bool) {
				WithTimeout(time.Hour, func() error { yield(1); return nil })
			})
			next()
		})
		opener.Join()
		var bare, back *stackful.Stack
		second := Go(func() { // on a fiber that will be used again
			back = stackful.Current()
			bare = stackful.New(func(any) (*stackful.Stack, any) {
				WithTimeout(time.Hour, func() error { back.Switch(nil); return nil })
				return back, nil
			})
			bare.Switch(nil)
		})
		second.Join()
		expireScope(h, opener)
		expireScope(h, second)
		if err := Go(func() { Yield(); Sleep(time.Microsecond) }).Join(); err != nil {
			t.Error(err)
		}
		back = stackful.Current()
		bare.Switch(nil)
		if len(h.Scopes.Overdue) != 1 {
			t.Error("overdue:", len(h.Scopes.Overdue), "want 1, that of the sequence which nobody can resume")
		}
	})
}

// A timeout in the deferred calls of a task that is being killed does not save it.
func TestWithTimeout_beatenByKill(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		after := false
		task := Go(func() {
			WithTimeout(time.Hour, func() error {
				defer new(Event).Wait()
				new(Event).Wait()
				return nil
			})
			Yield()
			after = true
		})
		Yield()
		task.KillNoWait()
		Yield()
		expireScope(h, task)
		if err := task.JoinTimeout(time.Second); err != ErrKilled || after {
			t.Errorf("%v; it went on: %v", err, after)
		}
	})
}

// A stack that is moved with a scope open leaves nothing armed, and the scope ends there.
func TestWithTimeout_moved(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		c := coro.New(func(any) any {
			return WithTimeout(time.Hour, func() error {
				coro.Current().Parent().Switch(nil)
				return os.ErrExist
			})
		})
		c.Switch(nil)
		c.Detach()
		v, _ := Await(func() (any, error) {
			c.Attach()
			return c.Switch(nil), nil
		})
		if v != os.ErrExist {
			t.Error(v)
		}
		YieldIO()
		if len(h.Timers.Entries) != 0 {
			t.Error("it is still armed")
		}
	})
}
