package bench

import (
	"iter"

	"github.com/stackful-go/stackful/coro"
)

// A script is code that is left in the middle.
type script struct {
	resume func() (alive bool) // until it yields, or ends
	end    func()
}

// A scriptKind is a way to leave and resume a script.
type scriptKind struct {
	name  string
	start func(body func(yield func() bool)) script
}

// The first is the one that others are compared with.
var scriptKinds = []scriptKind{
	{"coro.Switch", startCoroutine},
	{"coro.Pull", startPull},
	{"iter.Pull", startIterPull},
	{"goroutine, two channels", startGoroutine},
}

func startCoroutine(body func(yield func() bool)) script {
	loop := coro.Current()
	c := coro.New(func(any) any {
		body(func() bool { loop.Switch(nil); return true })
		return nil
	})
	return script{
		resume: func() bool { c.Switch(nil); return !c.Dead() },
		end:    c.Kill,
	}
}

func startPull(body func(yield func() bool)) script {
	next, stop := coro.Pull(sequence(body))
	return script{func() bool { _, ok := next(); return ok }, stop}
}

func startIterPull(body func(yield func() bool)) script {
	next, stop := iter.Pull(sequence(body))
	return script{func() bool { _, ok := next(); return ok }, stop}
}

// sequence makes a sequence of a body. What it yields is of no interest.
func sequence(body func(yield func() bool)) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		body(func() bool { return yield(struct{}{}) })
	}
}

// startGoroutine has a goroutine that waits for its turn in a channel, and gives it back in another.
func startGoroutine(body func(yield func() bool)) script {
	turn, back := make(chan bool), make(chan bool)
	go func() {
		defer close(back)
		if !<-turn {
			return
		}
		body(func() bool { back <- true; return <-turn })
	}()
	return script{
		resume: func() bool { turn <- true; return <-back },
		end: func() {
			close(turn)
			for range back { // until it has ended
			}
		},
	}
}
