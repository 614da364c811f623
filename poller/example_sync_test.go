package poller_test

import (
	"context"
	"fmt"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// Between two waits no other task runs, so most data needs no lock. A Mutex is for what must not
// change while its holder waits.
func ExampleMutex() {
	poller.Run(func() {
		var mu poller.Mutex
		var g poller.Group
		balance := 0
		for range 10 {
			g.GoFunc(func() {
				mu.Lock()
				defer mu.Unlock()
				old := balance
				poller.Yield() // such as a write to a database
				balance = old + 1
			})
		}
		g.Join()
		fmt.Println(balance)
	})
	// Output: 10
}

func ExampleRWMutex() {
	poller.Run(func() {
		var mu poller.RWMutex
		mu.RLock()
		fmt.Println(mu.TryRLock(), mu.TryLock())
		mu.RUnlock()
		mu.RUnlock()
		fmt.Println(mu.LockTimeout(time.Second))
		mu.Unlock()
	})
	// Output:
	// true false
	// true
}

func ExampleSemaphore() {
	poller.Run(func() {
		s := poller.NewSemaphore(2)
		s.Acquire()
		s.Acquire()
		fmt.Println(s.TryAcquire(), s.AcquireTimeout(time.Millisecond))
		s.Release()
		fmt.Println(s.TryAcquire())
	})
	// Output:
	// false false
	// true
}

func ExampleCond() {
	poller.Run(func() {
		var mu poller.Mutex
		cond := poller.NewCond(&mu)
		items := 0
		consumer := poller.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			for items < 3 {
				cond.Wait()
			}
			fmt.Println(items, "items")
		})
		for range 3 {
			mu.Lock()
			items++
			mu.Unlock()
			cond.Signal()
			poller.Yield()
		}
		consumer.Join()
	})
	// Output: 3 items
}

func ExampleEvent() {
	poller.Run(func() {
		var ready poller.Event
		for i := range 2 {
			poller.Go(func() {
				ready.Wait()
				fmt.Println("runner", i)
			})
		}
		poller.Yield()
		fmt.Println("go")
		ready.Set()
		poller.Yield()
	})
	// Output:
	// go
	// runner 0
	// runner 1
}

func ExampleWaitGroup() {
	poller.Run(func() {
		var wg poller.WaitGroup
		for i := range 3 {
			wg.Go(func() { fmt.Println(i) })
		}
		wg.Wait()
		fmt.Println("all")
	})
	// Output:
	// 0
	// 1
	// 2
	// all
}

// A Chan does what a Go channel does. It may be used from other hubs and goroutines, too.
func ExampleChan() {
	poller.Run(func() {
		c := poller.NewChan[int](2)
		poller.Go(func() {
			for i := range 4 {
				c.Send(i)
			}
			c.Close()
		})
		for v := range c.All() {
			fmt.Println(v)
		}
	})
	// Output:
	// 0
	// 1
	// 2
	// 3
}

func ExampleSelectTimeout() {
	poller.Run(func() {
		c := poller.NewChan[int](0)
		fmt.Println(poller.TrySelect(c.OnSend(1)))
		fmt.Println(poller.SelectTimeout(time.Millisecond, c.OnRecv(nil, nil)))
	})
	// Output:
	// -1
	// -1
}

// A queue without a limit never makes Put wait.
func ExampleQueue() {
	poller.Run(func() {
		q := poller.NewQueue[string](0)
		q.Put("a")
		q.Put("b")
		fmt.Println(q.Len())
		q.Close()
		for v := range q.All() {
			fmt.Println(v)
		}
		fmt.Println(q.Put("c"))
	})
	// Output:
	// 2
	// a
	// b
	// poller: queue is closed
}

func ExampleNewPriorityQueue() {
	poller.Run(func() {
		q := poller.NewPriorityQueue(0, func(a, b int) bool { return a < b })
		stack := poller.NewStack[int](0)
		for _, v := range []int{2, 3, 1} {
			q.Put(v)
			stack.Put(v)
		}
		first, _ := q.Get()
		last, _ := stack.Get()
		_, err := q.GetTimeout(time.Millisecond)
		fmt.Println(first, last, err)
	})
	// Output: 1 1 <nil>
}

// A Local has a value for each task, which those that the task starts begin with.
func ExampleLocal() {
	var user = poller.NewLocal[string]()
	poller.Run(func() {
		user.Set("alice")
		poller.Go(func() {
			fmt.Println(user.Get())
			user.Set("bob")
		}).Join()
		fmt.Println(user.Get())
	})
	// Output:
	// alice
	// alice
}

// RecvFrom and SendTo are for channels of goroutines: the task parks, not the goroutine.
func ExampleRecvFrom() {
	poller.Run(func() {
		questions, answers := make(chan int), make(chan int)
		go func() { // somebody else's
			for q := range questions {
				answers <- q * q
			}
			close(answers)
		}()
		for i := range 3 {
			poller.SendTo(questions, i+1)
			fmt.Println(poller.RecvFrom(answers))
		}
		close(questions)
		fmt.Println(poller.RecvFrom(answers))
	})
	// Output:
	// 1 true
	// 4 true
	// 9 true
	// 0 false
}

func ExampleWaitContext() {
	poller.Run(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		fmt.Println(poller.WaitContext(ctx))
	})
	// Output: context deadline exceeded
}

// YieldIO lets the hub look at descriptors and timers, too.
func ExampleYieldIO() {
	poller.Run(func() {
		late := false
		poller.GoAfter(time.Millisecond, func() { late = true })
		for !late {
			poller.YieldIO()
		}
		fmt.Println("the timer has fired")
	})
	// Output: the timer has fired
}
