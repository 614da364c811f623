package poller

import (
	"context"
	"os"
	"os/signal"
	"sync"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// WaitContext waits until ctx is done and returns context.Cause(ctx).
func WaitContext(ctx context.Context) error {
	if s := sched.VirtualHere(); s != nil {
		return s.WaitContext(ctx)
	}
	var done Event
	stop := context.AfterFunc(ctx, done.Set)
	defer stop()
	done.Wait()
	return context.Cause(ctx)
}

// RecvFrom receives from a Go channel: the task parks until there is a value, or
// c is closed; then the second result is false. If nothing is there yet, a
// goroutine waits for it in the task's place. If the task is interrupted just when
// that goroutine has received a value, the value is lost.
func RecvFrom[T any](c <-chan T) (v T, ok bool) {
	select {
	case v, ok = <-c:
		return v, ok
	default:
	}
	if h := sched.Here(); h == nil || h.Current == nil {
		sched.MayBlock(h)
		v, ok = <-c
		return v, ok
	}
	sched.PanicIfSimulated("wait for a Go channel")
	quit := make(chan struct{})
	defer close(quit)
	sched.AwaitOn(sched.StartGoroutine, func() (struct{}, error) {
		select {
		case v, ok = <-c:
		case <-quit:
		}
		return struct{}{}, nil
	})
	return v, ok
}

// SendTo sends v on a Go channel: the task parks until somebody receives it. If
// nobody does at once, a goroutine sends it in the task's place. If the task is
// interrupted, v is not sent, or has been just then.
func SendTo[T any](c chan<- T, v T) {
	select {
	case c <- v:
		return
	default:
	}
	if h := sched.Here(); h == nil || h.Current == nil {
		sched.MayBlock(h)
		c <- v
		return
	}
	sched.PanicIfSimulated("wait for a Go channel")
	quit := make(chan struct{})
	defer close(quit)
	sched.AwaitOn(sched.StartGoroutine, func() (struct{}, error) {
		select {
		case c <- v:
		case <-quit:
		}
		return struct{}{}, nil
	})
}

// Signals returns a channel of the signals sig, or of all if there are none, and
// a function that ends it. The channel holds 64; what comes when it is full is
// dropped, as by signal.Notify.
func Signals(sig ...os.Signal) (c *Chan[os.Signal], stop func()) {
	sched.PanicIfSimulated("wait for signals")
	c = NewChan[os.Signal](64)
	from := make(chan os.Signal, 16)
	signal.Notify(from, sig...)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case s := <-from:
				c.TrySend(s)
			case <-quit:
				return
			}
		}
	}()
	var once sync.Once
	return c, func() {
		once.Do(func() {
			signal.Stop(from)
			close(quit)
			<-ended
			c.Close()
		})
	}
}

// A Local is a variable with one value for each task. A task that is started
// has the values that the task which started it had then. Make it with NewLocal.
// Its methods are for tasks; outside of any, Get returns the zero value.
type Local[T any] struct{ _ byte }

// NewLocal returns a new variable, holding T's zero value in every task.
func NewLocal[T any]() *Local[T] { return new(Local[T]) }

// Get returns the running task's value.
func (l *Local[T]) Get() (v T) {
	if t := sched.CurrentTask(); t != nil {
		if x := t.Extra.Load(); x != nil {
			v, _ = x.Locals[l].(T)
		}
	}
	return v
}

// Set changes the running task's value. It panics outside of any task.
func (l *Local[T]) Set(v T) {
	t := sched.CurrentTask()
	if t == nil {
		fault.Usage("Local.Set outside of a task")
	}
	x := t.More()
	if x.Locals == nil {
		x.Locals = make(map[any]any)
	}
	x.Locals[l] = v
}
