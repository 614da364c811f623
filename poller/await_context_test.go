//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"errors"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

func TestAwaitContext(t *testing.T) {
	boom := errors.New("boom")
	in(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		v, err := AwaitContext(ctx, func(ctx context.Context) (int, error) {
			cancel(boom)
			<-ctx.Done()
			return 7, context.Cause(ctx)
		})
		if v != 7 || err != boom {
			t.Error(v, err)
		}
	})
	// The function learns that its task was killed.
	told := make(chan error, 1)
	var begun Event
	run(t, func() {
		task := Go(func() {
			AwaitContext(context.Background(), func(ctx context.Context) (int, error) {
				begun.Set()
				<-ctx.Done()
				told <- ctx.Err()
				return 0, nil
			})
		})
		begun.Wait()
		task.Kill()
	})
	if err := <-told; err != context.Canceled {
		t.Error(err)
	}
}

// Calls that have not begun leave the queue when their task is interrupted, so that it
// holds no more than one for each task.
func TestAwait_withdrawn(t *testing.T) {
	old := SetAwaitLimit(1)
	defer SetAwaitLimit(old)
	run(t, func() {
		gate := make(chan struct{})
		var begun Event
		first := Go(func() { Await(func() (int, error) { begun.Set(); <-gate; return 0, nil }) })
		begun.Wait()
		called := false
		f := func() (int, error) { called = true; return 0, nil }
		for range 3 {
			var tasks []*Task
			for range 10 {
				tasks = append(tasks, Go(func() { Await(f) }),
					Go(func() { AwaitContext(context.Background(), func(context.Context) (int, error) { return f() }) }))
			}
			Yield()
			if n := queuedCalls(); n != 20 {
				t.Errorf("%d calls wait", n)
			}
			for _, task := range tasks {
				task.Kill()
			}
			if n := queuedCalls(); n != 0 {
				t.Errorf("%d calls are left", n)
			}
		}
		boom := errors.New("boom")
		ctx, cancel := context.WithCancelCause(context.Background())
		second := Go(func() {
			if _, err := AwaitContext(ctx, func(context.Context) (int, error) { return f() }); err != boom {
				t.Errorf("cancelled in the queue: %v", err)
			}
		})
		Yield()
		cancel(boom)
		second.Join()
		close(gate)
		first.Join()
		if called {
			t.Error("a call was made that was taken back")
		}
	})
}

// A toldContext is done when err is set; the test notifies its registered functions, one
// after the other.
type toldContext struct {
	context.Context
	done chan struct{}
	err  error
	ask  []func()
}

func (c *toldContext) Done() <-chan struct{} { return c.done }
func (c *toldContext) Err() error            { return c.err }

func (c *toldContext) AfterFunc(f func()) (stop func() bool) {
	i := len(c.ask)
	c.ask = append(c.ask, f)
	return func() bool {
		left := c.ask[i] != nil
		c.ask[i] = nil
		return left
	}
}

func (c *toldContext) tell(i int) {
	if f := c.ask[i]; f != nil { // nobody is told who does not want it any more
		c.ask[i] = nil
		f()
	}
}

// A context tells its children that it is done one after the other. A call that waits
// for a helper is taken back when the first is told, and not made.
func TestAwaitContext_toldInAnyOrder(t *testing.T) {
	old := SetAwaitLimit(1)
	defer SetAwaitLimit(old)
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		run(t, func() {
			gate := make(chan struct{})
			var begun Event
			first := Go(func() { Await(func() (int, error) { begun.Set(); <-gate; return 0, nil }) })
			begun.Wait()
			ctx := &toldContext{Context: context.Background(), done: make(chan struct{})}
			second := Go(func() {
				_, err := AwaitContext(ctx, func(context.Context) (int, error) {
					t.Error("called when the context was done")
					return 0, nil
				})
				if err != context.Canceled {
					t.Error(err)
				}
			})
			for queuedCalls() == 0 {
				YieldIO()
			}
			if len(ctx.ask) != 2 {
				t.Fatalf("%d want to be told: the call's own context, and who takes it back", len(ctx.ask))
			}
			ctx.err = context.Canceled
			for _, i := range order {
				ctx.tell(i)
				for i == 1 && queuedCalls() > 0 {
					YieldIO() // it is taken back on a goroutine
				}
			}
			second.Join()
			close(gate)
			first.Join()
		})
	}
}

func queuedCalls() int {
	sched.Helpers.Mu.Lock()
	defer sched.Helpers.Mu.Unlock()
	return len(sched.Helpers.Waiting)
}
