package benchcases

import (
	"iter"
	"runtime"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// coroutinePair is two coroutines that switch to each other.
type coroutinePair struct{ a, b *coro.Coroutine }

// SwitchCoroutines is one switch, one way, with a value, between two coroutines. Their bodies
// differ, as those of programs do: where all switches return to one place, the processor
// predicts the return. One of the two ends with each run, the other one stays.
func SwitchCoroutines() (func(int) int, func()) {
	p := new(coroutinePair)
	p.b = coro.New(func(any) any { return p.bodyB() })
	run := func(n int) int {
		p.a = coro.New(func(any) any { return p.bodyA(n / 2) })
		sink += p.a.Switch(nil).(int)
		return n/2*2 + 2
	}
	return run, p.b.Kill
}

//go:noinline
func (p *coroutinePair) bodyA(n int) (sum int) {
	b, one := p.b, any(1)
	for range n {
		if b.Switch(one) != nil {
			sum++
		}
	}
	return sum
}

//go:noinline
func (p *coroutinePair) bodyB() any {
	two := any(2)
	for {
		a := p.a // another one in each round
		for v := two; v != nil; {
			v = a.Switch(v)
			if a != p.a {
				break
			}
		}
	}
}

// stackPair is two stacks that switch to each other.
type stackPair struct{ a, b *stackful.Stack }

// SwitchStacks is the same with bare stacks.
func SwitchStacks() (func(int) int, func()) {
	p := new(stackPair)
	p.b = stackful.New(func(v any) (*stackful.Stack, any) { return nil, p.bodyB(v) })
	run := func(n int) int {
		p.a = stackful.New(func(any) (*stackful.Stack, any) { return nil, p.bodyA(n / 2) })
		sink += p.a.Switch(nil).(int)
		return n/2*2 + 2
	}
	return run, func() {
		if p.b.Started() {
			p.b.Switch(nil)
		}
	}
}

//go:noinline
func (p *stackPair) bodyA(n int) (sum int) {
	b, one := p.b, any(1)
	for range n {
		if b.Switch(one) != nil {
			sum++
		}
	}
	return sum
}

//go:noinline
func (p *stackPair) bodyB(v any) any {
	for v != nil {
		a := p.a // another one in each round
		for v != nil {
			v = a.Switch(v)
			if a != p.a {
				break
			}
		}
	}
	return nil
}

// SwitchIterPull is half a next of iter.Pull, which is a switch there and one back.
func SwitchIterPull() (func(int) int, func()) {
	next, stop := iter.Pull(Endless)
	return func(n int) int {
		for range n/2 + 1 {
			v, _ := next()
			sink += v
		}
		return n/2*2 + 2
	}, stop
}

// SwitchGosched is a Gosched with one other goroutine that does the same, with GOMAXPROCS=1
// a switch to that one.
func SwitchGosched() (func(int) int, func()) {
	done := make(chan struct{})
	return func(n int) int {
		half := n/2 + 1
		go func() {
			for range half {
				runtime.Gosched()
			}
			done <- struct{}{}
		}()
		for range half {
			runtime.Gosched()
		}
		<-done
		return 2 * half
	}, nil
}

// SwitchChannel is a value through an unbuffered channel, there and then back between two
// goroutines.
func SwitchChannel() (func(int) int, func()) {
	there, back := make(chan any), make(chan any)
	go func() {
		for v := range there {
			back <- v
		}
	}()
	return func(n int) int {
		one := any(1)
		for range n/2 + 1 {
			there <- one
			sink += (<-back).(int)
		}
		return n/2*2 + 2
	}, func() { close(there) }
}
