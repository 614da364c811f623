package poller

import "github.com/stackful-go/stackful/poller/internal/sched"

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
	if h := sched.Here(); h == nil || h.Current == nil || h.Virtual != nil && sched.RuntimePatched() {
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

// SendTo sends v on a Go channel: the task parks until it is received. If no receiver is
// waiting, a goroutine sends it in the task's place. If the task is interrupted, v is not
// sent, or has been just then.
func SendTo[T any](c chan<- T, v T) {
	select {
	case c <- v:
		return
	default:
	}
	if h := sched.Here(); h == nil || h.Current == nil || h.Virtual != nil && sched.RuntimePatched() {
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
