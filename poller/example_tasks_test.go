package poller_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// Run returns what a main cannot handle; RunErr also what it returns.
func ExampleRunErr() {
	err := poller.RunErr(func() error {
		c, err := poller.DialTimeout("tcp", "127.0.0.1:nonsense", time.Second)
		if err != nil {
			return err
		}
		return c.Close()
	})
	fmt.Println(err != nil)
	// Output: true
}

// For several processors: a hub on each of as many goroutines.
func ExampleRunAll() {
	sums := make([]int, 3)
	err := poller.RunAll(3, func(i int) {
		for n := range 10 {
			sums[i] += n * i
			poller.Yield()
		}
	})
	fmt.Println(sums, err)
	// Output: [0 45 90] <nil>
}

func ExampleGo() {
	poller.Run(func() {
		task := poller.Go(func() { fmt.Println("hello from", poller.Current().Name()) }).SetName("greeter")
		fmt.Println("started")
		fmt.Println(task.Join())
	})
	// Output:
	// started
	// hello from greeter
	// <nil>
}

func ExampleGoErr() {
	poller.Run(func() {
		a := poller.GoErr(func() error { return nil })
		b := poller.GoErr(func() error { return os.ErrNotExist })
		fmt.Println(poller.JoinAll(a, b))
		fmt.Println(a.Err(), b.Err())
	})
	// Output:
	// file does not exist
	// <nil> file does not exist
}

func ExampleGoAfter() {
	poller.Run(func() {
		reminder := poller.GoAfter(time.Millisecond, func() { fmt.Println("tea") })
		never := poller.GoAfter(time.Hour, func() { fmt.Println("dinner") })
		reminder.Join()
		never.Kill()
		fmt.Println(never.Err())
	})
	// Output:
	// tea
	// poller: task killed
}

func ExampleAsync() {
	poller.Run(func() {
		answer := poller.Async(func() (int, error) {
			poller.Sleep(time.Millisecond)
			return 42, nil
		})
		fmt.Println(answer.Ready())
		fmt.Println(answer.Get())
	})
	// Output:
	// false
	// 42 <nil>
}

func ExampleGroup() {
	poller.Run(func() {
		var g poller.Group
		for i := range 3 {
			g.Go(func() error {
				if i == 1 {
					return fmt.Errorf("job %d failed", i)
				}
				return nil
			})
		}
		g.GoFunc(func() { poller.Sleep(time.Millisecond) })
		fmt.Println(g.Len(), "tasks")
		fmt.Println(g.Join())
	})
	// Output:
	// 4 tasks
	// job 1 failed
}

// Go of a pool waits while all places are taken.
func ExampleNewPool() {
	poller.Run(func() {
		running, most := 0, 0
		pool := poller.NewPool(3)
		for range 10 {
			pool.GoFunc(func() {
				running++
				most = max(most, running)
				poller.Sleep(time.Millisecond)
				running--
			})
		}
		fmt.Println(pool.Join(), most)
	})
	// Output: <nil> 3
}

// The results come in the order of the values, though up to three calls run at a time.
func ExampleMap() {
	poller.Run(func() {
		delays := slices.Values([]int{3, 1, 2})
		for v, err := range poller.Map(3, delays, func(ms int) (string, error) {
			poller.Sleep(time.Duration(ms) * time.Millisecond)
			return fmt.Sprint(ms, " ms"), nil
		}) {
			fmt.Println(v, err)
		}
	})
	// Output:
	// 3 ms <nil>
	// 1 ms <nil>
	// 2 ms <nil>
}

// The results come as they are ready.
func ExampleMapUnordered() {
	poller.Run(func() {
		delays := slices.Values([]int{30, 1, 15})
		for v, err := range poller.MapUnordered(3, delays, func(ms int) (int, error) {
			poller.Sleep(time.Duration(ms) * time.Millisecond)
			return ms, nil
		}) {
			fmt.Println(v, err)
		}
	})
	// Output:
	// 1 <nil>
	// 15 <nil>
	// 30 <nil>
}

// A killed task's deferred calls run.
func ExampleTask_Kill() {
	poller.Run(func() {
		task := poller.Go(func() {
			defer fmt.Println("cleaned up")
			poller.Sleep(time.Hour)
		})
		poller.Yield() // let it start
		task.Kill()
		fmt.Println(errors.Is(task.Err(), poller.ErrKilled))
	})
	// Output:
	// cleaned up
	// true
}

// A task that recovers goes on; KillTimeout tells.
func ExampleTask_KillTimeout() {
	poller.Run(func() {
		stubborn := poller.Go(func() {
			for range 2 {
				func() {
					defer func() { recover() }()
					poller.Sleep(time.Hour)
				}()
			}
		})
		poller.Yield()
		fmt.Println(stubborn.KillTimeout(time.Millisecond))
		fmt.Println(stubborn.KillTimeout(time.Millisecond))
	})
	// Output:
	// i/o timeout
	// <nil>
}

// The context of a task is done when the task is killed, wherever it is used.
func ExampleTask_Context() {
	poller.Run(func() {
		task := poller.Go(func() {
			defer func() {
				recover()
				fmt.Println(poller.Current().Context().Err())
			}()
			poller.WaitContext(poller.Current().Context())
		})
		poller.Yield()
		task.Kill()
	})
	// Output: context canceled
}

// A hub is how other goroutines reach tasks.
func ExampleHub_Go() {
	poller.Run(func() {
		hub := poller.Here()
		var done poller.Event
		go func() { // a goroutine of the program's, without tasks
			hub.Go(func() {
				fmt.Println("in a task:", poller.Current() != nil)
				done.Set()
			})
		}()
		done.Wait()
	})
	// Output: in a task: true
}

// Call is Hub.Go that waits for a result: the data of a hub's tasks need no lock then.
func ExampleCall() {
	hubs := make(chan poller.Hub)
	stop := make(chan bool)
	visits := 0 // of the hub's goroutine
	go poller.Run(func() {
		hubs <- poller.Here()
		poller.RecvFrom(stop)
	})
	hub := <-hubs
	for range 3 {
		fmt.Println(poller.Call(hub, func() (int, error) {
			visits++
			return visits, nil
		}))
	}
	close(stop)
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
}

// A panic in a task does not end the process. Where no one waits for the task, a handler is told.
func ExampleSetErrorHandler() {
	defer poller.SetErrorHandler(poller.SetErrorHandler(func(t *poller.Task, err *poller.PanicError) {
		fmt.Println(err)
		stack := fmt.Sprintf("%+v", err)
		fmt.Println(strings.Contains(stack, "example_tasks_test.go"))
	}))
	poller.Run(func() {
		poller.Go(func() { panic("no coffee") }).SetName("barista")
		poller.Yield()
		fmt.Println("the others go on")
	})
	// Output:
	// poller: panic in task barista: no coffee
	// true
	// the others go on
}

func ExampleDump() {
	poller.Run(func() {
		poller.Go(func() { poller.Sleep(time.Hour) }).SetName("sleeper")
		poller.Go(func() { poller.NewQueue[int](0).Get() }).SetName("consumer")
		poller.Yield()
		for _, line := range strings.Split(poller.Dump(), "\n") {
			line, _, _ = strings.Cut(line, ", for") // for how long
			name, doing, _ := strings.Cut(line, ": ")
			name, _, _ = strings.Cut(name, ", ") // where it was started
			fmt.Println(name, doing)
		}
	})
	// Output:
	// main running
	// sleeper waiting for sleep
	// consumer waiting for receive
}

// Any goroutine may ask, such as one that handles a signal.
func ExampleHub_Dump() {
	poller.Run(func() {
		hub := poller.Here()
		poller.Go(func() { poller.Sleep(time.Hour) }).SetName("sleeper")
		poller.Yield()
		asked := make(chan bool)
		go func() {
			text, err := hub.Dump()
			fmt.Println(strings.Contains(text, "ExampleHub_Dump: waiting for sleep, for "), err)
			close(asked)
		}()
		poller.RecvFrom(asked)
	})
	// Output: true <nil>
}

func ExampleReadStats() {
	poller.Run(func() {
		poller.Go(func() { poller.Sleep(time.Hour) })
		poller.Yield()
		s := poller.ReadStats()
		fmt.Println(s.Tasks, "tasks,", s.Timers, "timer,", s.Parks["sleep"], "sleep")
	})
	// Output: 2 tasks, 1 timer, 1 sleep
}

// Tasks that wait for each other are found.
func ExampleDeadlockError() {
	poller.Run(func() {
		var a, b *poller.Task
		a = poller.Go(func() { fmt.Println(errors.Is(b.Join(), poller.ErrDeadlock)) })
		b = poller.Go(func() { a.Join() })
		b.Join()
	})
	// Output: true
}

// What has to be exact for a test is so in a simulation: time costs nothing there.
func ExampleNow() {
	poller.Simulate(1, func(*poller.Sim) {
		start := poller.Now()
		poller.Sleep(24 * time.Hour)
		fmt.Println(poller.Now().Sub(start))
	})
	// Output: 24h0m0s
}
