package bench

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

func benchCreate(ctx context.Context, b *settings) ([]Result, error) {
	const goWait = "go and WaitGroup.Wait"
	r := Result{Name: "create", Unit: "ns", Figure: "median",
		About: "make one, run it and have it end, on a warm pool"}
	err := b.compare(ctx, &r, []contender{
		{"coro.New", createCoroutine},
		{"stackful.New", createStack},
		{"Stack.Init, used again", createInit},
		{"coro.Pull of one value", createPull(coro.Pull[int])},
		{goWait, createGoroutine},
		{"iter.Pull of one value", createPull(iter.Pull[int])},
	}, []claim{
		{"coro.New", goWait, 12},
		{"stackful.New", goWait, 12},
		{"Stack.Init, used again", goWait, 12},
		{"coro.Pull of one value", "iter.Pull of one value", 0},
	})
	return []Result{r}, err
}

func createCoroutine() (func(int) int, func()) {
	identity := func(v any) any { return v }
	return func(n int) int {
		for range n {
			coro.New(identity).Switch(nil)
		}
		return n
	}, nil
}

func createStack() (func(int) int, func()) {
	nothing := func(v any) (*stackful.Stack, any) { return nil, v }
	return func(n int) int {
		for range n {
			stackful.New(nothing).Switch(nil)
		}
		return n
	}, nil
}

func createInit() (func(int) int, func()) {
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

func createGoroutine() (func(int) int, func()) {
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

// A puller is coro.Pull or iter.Pull.
type puller[V any] func(iter.Seq[V]) (func() (V, bool), func())

func createPull(pull puller[int]) func() (func(int) int, func()) {
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

func benchThrow(ctx context.Context, b *settings) ([]Result, error) {
	const ours, bare, theirs = "coro.New, Switch, Throw", "the same, nothing deferred", "go, panic, recover, Wait"
	r := Result{Name: "throw", Unit: "ns", Figure: "median",
		About: "make one that has a deferred call pending, and end it by an exception"}
	err := b.compare(ctx, &r, []contender{
		{ours, throwInto(func(any) any {
			defer func() { sink++ }()
			return coro.Current().Parent().Switch(nil)
		})},
		{bare, throwInto(func(any) any {
			return coro.Current().Parent().Switch(nil)
		})},
		{theirs, throwGoroutine},
	}, []claim{{ours, theirs, 1.67}, {bare, theirs, 0}})
	return []Result{r}, err
}

func throwInto(body func(any) any) func() (func(int) int, func()) {
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

func throwGoroutine() (func(int) int, func()) {
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
