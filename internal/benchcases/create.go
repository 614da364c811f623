package benchcases

import (
	"errors"
	"iter"
	"sync"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// CreateCoroutine makes a coroutine, runs it and has it end, on a warm pool, as all of these.
func CreateCoroutine() (func(int) int, func()) {
	identity := func(v any) any { return v }
	return func(n int) int {
		for range n {
			coro.New(identity).Switch(nil)
		}
		return n
	}, nil
}

// CreateStack is the same with a bare stack.
func CreateStack() (func(int) int, func()) {
	nothing := func(v any) (*stackful.Stack, any) { return nil, v }
	return func(n int) int {
		for range n {
			stackful.New(nothing).Switch(nil)
		}
		return n
	}, nil
}

// CreateInit uses one Stack again and again, so that nothing is allocated.
func CreateInit() (func(int) int, func()) {
	nothing := func(_ *stackful.Stack, v any) (*stackful.Stack, any) { return nil, v }
	s := new(stackful.Stack)
	return func(n int) int {
		for range n {
			s.Init(nothing)
			s.Switch(nil)
		}
		return n
	}, nil
}

// CreateGoroutine starts a goroutine and waits for its end.
func CreateGoroutine() (func(int) int, func()) {
	var wg sync.WaitGroup
	return func(n int) int {
		for range n {
			wg.Add(1)
			go wg.Done()
			wg.Wait()
		}
		return n
	}, nil
}

// A sequence of one value is begun, and stopped after it.
var (
	CreateCoroPull = createPull(coro.Pull[int])
	CreateIterPull = createPull(iter.Pull[int])
)

func createPull(pull puller) Case {
	one := func(yield func(int) bool) { yield(1) }
	return func() (func(int) int, func()) {
		return func(n int) int {
			for range n {
				next, stop := pull(one)
				v, _ := next()
				sink += v
				stop()
			}
			return n
		}, nil
	}
}

// Making a coroutine, suspending it, and ending it by an exception: with a deferred call
// pending, and with none.
var (
	ThrowDeferred = throwInto(func(any) any {
		defer func() { sink++ }()
		return coro.Current().Parent().Switch(nil)
	})
	ThrowBare = throwInto(func(any) any {
		return coro.Current().Parent().Switch(nil)
	})
)

func throwInto(body func(any) any) Case {
	return func() (func(int) int, func()) {
		return func(n int) int {
			for range n {
				c := coro.New(body)
				c.Switch(nil)
				c.Throw(coro.ErrExit)
			}
			return n
		}, nil
	}
}

// ThrowGoroutine is a goroutine that panics, recovers in a deferred call, and is waited for.
func ThrowGoroutine() (func(int) int, func()) {
	var wg sync.WaitGroup
	exit := errors.New("exit")
	body := func() {
		defer wg.Done()
		defer func() {
			sink++
			recover()
		}()
		panic(exit)
	}
	return func(n int) int {
		for range n {
			wg.Add(1)
			go body()
			wg.Wait()
		}
		return n
	}, nil
}
