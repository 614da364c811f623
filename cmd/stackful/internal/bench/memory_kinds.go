package bench

import (
	"encoding/json"
	"sync"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// memoryCoroutines suspends coroutines in a switch to the root.
func memoryCoroutines(n int, peak func()) (ended int) {
	root := coro.Current()
	all := make([]*coro.Coroutine, n)
	body := func(v any) any { return root.Switch(v) }
	for i := range all {
		all[i] = coro.New(body)
		all[i].Switch(nil)
	}
	peak()
	for _, c := range all {
		if v := c.Switch(1); v == 1 && c.Dead() {
			ended++
		}
	}
	return ended
}

// memoryStacks is the same with bare stacks.
func memoryStacks(n int, peak func()) (ended int) {
	root := stackful.Current()
	all := make([]*stackful.Stack, n)
	body := func(v any) (*stackful.Stack, any) { return nil, root.Switch(v) }
	for i := range all {
		all[i] = stackful.New(body)
		all[i].Switch(nil)
	}
	peak()
	for _, s := range all {
		if v := s.Switch(1); v == 1 && s.Done() {
			ended++
		}
	}
	return ended
}

// memoryGoroutines parks goroutines in a receive, each from a channel of its own: as a coroutine
// can be, each can be resumed by itself.
func memoryGoroutines(n int, peak func()) (ended int) {
	started, results := make(chan struct{}), make(chan int)
	all := make([]chan any, n)
	for i := range all {
		c := make(chan any)
		all[i] = c
		go func() {
			started <- struct{}{}
			results <- (<-c).(int)
		}()
		<-started
	}
	peak()
	for _, c := range all {
		c <- 1
		ended += <-results
	}
	return ended
}

// memoryShared parks goroutines in a receive from one channel: they can only be resumed all at
// once, and there is no channel for each.
func memoryShared(n int, peak func()) (ended int) {
	var all sync.WaitGroup
	gate, started, results := make(chan struct{}), make(chan struct{}), make(chan int, n)
	for range n {
		all.Add(1)
		go func() {
			defer all.Done()
			started <- struct{}{}
			<-gate
			results <- 1
		}()
		<-started
	}
	peak()
	close(gate)
	all.Wait()
	return len(results)
}

// An order is what the bodies decode.
type order struct {
	ID    int
	Name  string
	Lines []struct {
		Item  string
		Count int
	}
}

const orderText = `{"ID": 7, "Name": "alex", "Lines": [{"Item": "bread", "Count": 2}, {"Item": "milk", "Count": 1}]}`

// receiveOrder decodes a message and waits in the frame that holds it; it returns 1 if the message is
// whole afterwards.
//
//go:noinline
func receiveOrder(wait func()) int {
	var o order
	err := json.Unmarshal([]byte(orderText), &o)
	wait()
	if err != nil || o.Name != "alex" || len(o.Lines) != 2 {
		return 0
	}
	return 1
}

// memoryCoroutineBodies suspends coroutines in receiveOrder.
func memoryCoroutineBodies(n int, peak func()) (ended int) {
	root := coro.Current()
	all := make([]*coro.Coroutine, n)
	body := func(any) any { return receiveOrder(func() { root.Switch(nil) }) }
	for i := range all {
		all[i] = coro.New(body)
		all[i].Switch(nil)
	}
	peak()
	for _, c := range all {
		if v := c.Switch(nil); v == 1 && c.Dead() {
			ended++
		}
	}
	return ended
}

// memoryGoroutineBodies parks goroutines in receiveOrder, each on a channel of its own.
func memoryGoroutineBodies(n int, peak func()) (ended int) {
	started, results := make(chan struct{}), make(chan int)
	all := make([]chan struct{}, n)
	for i := range all {
		c := make(chan struct{})
		all[i] = c
		go func() {
			results <- receiveOrder(func() {
				started <- struct{}{}
				<-c
			})
		}()
		<-started
	}
	peak()
	for _, c := range all {
		c <- struct{}{}
		ended += <-results
	}
	return ended
}
