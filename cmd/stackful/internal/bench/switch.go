package bench

import (
	"context"
	"iter"
	"runtime"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

func benchSwitch(ctx context.Context, b *settings) ([]Result, error) {
	r := Result{Name: "switch", Unit: "ns", Figure: "median",
		About: "from one to another, one way, with a value; the two have different bodies"}
	err := b.compare(ctx, &r, []contender{
		{"coro.Switch", switchCoroutines},
		{"Stack.Switch", switchStacks},
		{"iter.Pull, half a next()", switchIterPull},
		{"runtime.Gosched", switchGosched},
		{"unbuffered channel", switchChannel},
	}, []claim{
		{"coro.Switch", "iter.Pull, half a next()", 6},
		{"coro.Switch", "unbuffered channel", 30},
		{"coro.Switch", "runtime.Gosched", 0},
		{"Stack.Switch", "iter.Pull, half a next()", 8},
	})
	return []Result{r}, err
}

// coroutinePair is two coroutines that switch to each other.
type coroutinePair struct{ a, b *coro.Coroutine }

func switchCoroutines() (func(int) int, func()) {
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

// stackPair is the same with bare stacks.
type stackPair struct{ a, b *stackful.Stack }

func switchStacks() (func(int) int, func()) {
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

func switchIterPull() (func(int) int, func()) {
	next, stop := iter.Pull(endless)
	return func(n int) int {
		for range n/2 + 1 {
			v, _ := next()
			sink += v
		}
		return n/2*2 + 2
	}, stop
}

func switchGosched() (func(int) int, func()) {
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

func switchChannel() (func(int) int, func()) {
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

// sink keeps what is computed from being optimized away; it is read, so that
// it counts as used.
var sink int

func init() { _ = sink }
