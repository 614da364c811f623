//go:build linux && !poller_std

package poller

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
)

// A runtimeWait is a way to wait in package runtime.
type runtimeWait struct {
	name   string
	reason string // in Dump
	ends   bool   // Kill and WithTimeout end it
	// make returns the wait, and what ends it; the latter is nil if nothing does.
	make func(t *testing.T) (wait, wake func())
}

// runtimeWaits are all kinds of waits. Each wake ends one wait, and does not wait itself, unless there
// is no waiter.
var runtimeWaits = []runtimeWait{
	{"receive", "chan receive", true, func(*testing.T) (func(), func()) {
		c := make(chan int)
		return func() { <-c }, func() { c <- 1 }
	}},
	{"receive, buffered", "chan receive", true, func(*testing.T) (func(), func()) {
		c := make(chan int, 3)
		return func() { <-c }, func() { c <- 1 }
	}},
	{"receive, closed", "chan receive", true, func(*testing.T) (func(), func()) {
		c := make(chan int)
		return func() { <-c }, sync.OnceFunc(func() { close(c) })
	}},
	{"range", "chan receive", true, func(*testing.T) (func(), func()) {
		c := make(chan int)
		return func() {
			for range c {
				return
			}
		}, func() { c <- 1 }
	}},
	{"receive, nil", "chan receive (nil chan)", true, func(*testing.T) (func(), func()) {
		var c chan int
		return func() { <-c }, nil
	}},
	{"send", "chan send", true, func(*testing.T) (func(), func()) {
		c := make(chan int)
		return func() { c <- 1 }, func() { <-c }
	}},
	{"send, buffered", "chan send", true, func(*testing.T) (func(), func()) {
		c := make(chan int, 2)
		c <- 1
		c <- 1
		return func() { c <- 1 }, func() { <-c }
	}},
	{"send, nil", "chan send (nil chan)", true, func(*testing.T) (func(), func()) {
		var c chan int
		return func() { c <- 1 }, nil
	}},
	{"select, receives", "select", true, func(*testing.T) (func(), func()) {
		c1, c2 := make(chan int), make(chan int)
		return func() {
			select {
			case <-c1:
			case <-c2:
			}
		}, func() { c2 <- 1 }
	}},
	{"select, sends", "select", true, func(*testing.T) (func(), func()) {
		c1, c2 := make(chan int), make(chan int)
		return func() {
			select {
			case c1 <- 1:
			case c2 <- 1:
			}
		}, func() { <-c1 }
	}},
	{"select, one channel for both", "select", true, func(*testing.T) (func(), func()) {
		c := make(chan int)
		return func() {
			select {
			case <-c:
			case c <- 1:
			case <-c:
			}
		}, func() { c <- 1 }
	}},
	{"select, no cases", "select (no cases)", true, func(*testing.T) (func(), func()) {
		return func() { select {} }, nil
	}},
	{"Mutex", "sync.Mutex.Lock", false, func(*testing.T) (func(), func()) {
		var mu sync.Mutex
		mu.Lock()
		return mu.Lock, mu.Unlock
	}},
	{"RWMutex, to read", "sync.RWMutex.RLock", false, func(*testing.T) (func(), func()) {
		var mu sync.RWMutex
		mu.Lock()
		return mu.RLock, func() {
			mu.Unlock()
		}
	}},
	{"RWMutex, to write", "sync.RWMutex.Lock", false, func(*testing.T) (func(), func()) {
		var mu sync.RWMutex
		mu.RLock()
		return mu.Lock, func() { mu.RUnlock() }
	}},
	{"WaitGroup", "sync.WaitGroup.Wait", false, func(*testing.T) (func(), func()) {
		var wg sync.WaitGroup
		wg.Add(1)
		return wg.Wait, wg.Done
	}},
	{"Cond", "sync.Cond.Wait", false, func(*testing.T) (func(), func()) {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		return func() { mu.Lock(); c.Wait(); mu.Unlock() }, func() { mu.Lock(); c.Signal(); mu.Unlock() }
	}},
	{"Once", "sync.Mutex.Lock", false, func(*testing.T) (func(), func()) {
		var once sync.Once
		end, inside := make(chan int), make(chan int)
		go once.Do(func() { close(inside); <-end })
		<-inside
		return func() { once.Do(func() {}) }, func() { close(end) }
	}},
	{"context", "chan receive", true, func(*testing.T) (func(), func()) {
		ctx, cancel := context.WithCancel(context.Background())
		return func() { <-ctx.Done() }, cancel
	}},
	{"signal", "chan receive", true, func(t *testing.T) (func(), func()) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		t.Cleanup(func() { signal.Stop(c) })
		return func() { <-c }, func() { syscall.Kill(os.Getpid(), syscall.SIGUSR1) }
	}},
	{"io.Pipe", "select", true, func(*testing.T) (func(), func()) {
		r, w := io.Pipe()
		return func() { r.Read(make([]byte, 1)) }, func() { w.Write(make([]byte, 1)) }
	}},
	{"net.Pipe", "select", true, func(*testing.T) (func(), func()) {
		c1, c2 := net.Pipe()
		return func() { c1.Read(make([]byte, 1)) }, func() { c2.Write(make([]byte, 1)) }
	}},
	{"os.Pipe", "IO wait", true, func(t *testing.T) (func(), func()) {
		r, w, err := os.Pipe()
		needNil(t, err)
		t.Cleanup(func() { r.Close(); w.Close() })
		return func() { r.Read(make([]byte, 1)) }, func() { w.Write(make([]byte, 1)) }
	}},
	{"TCP", "IO wait", true, func(t *testing.T) (func(), func()) {
		c1, c2 := stdPair(t)
		t.Cleanup(func() { c1.Close(); c2.Close() })
		return func() { c1.Read(make([]byte, 1)) }, func() { c2.Write(make([]byte, 1)) }
	}},
	{"Accept", "IO wait", true, func(t *testing.T) (func(), func()) {
		l := stdListen(t)
		t.Cleanup(func() { l.Close() })
		return func() {
				if c, err := l.Accept(); err == nil {
					c.Close()
				}
			}, func() {
				if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
					c.Close()
				}
			}
	}},
}

// eachWait runs f in a task for each way to wait.
func eachWait(t *testing.T, f func(t *testing.T, w runtimeWait, wait, wake func())) {
	for _, w := range runtimeWaits {
		t.Run(w.name, func(t *testing.T) {
			mustEnd(t)
			inPatched(t, func() {
				wait, wake := w.make(t)
				f(t, w, wait, wake)
			})
		})
	}
}

// waitingTask starts a task that calls wait, and returns once it waits.
func waitingTask(wait func()) *Task {
	task := Go(wait)
	untilReading(task)
	return task
}

// Each wait parks its task and no other, and goes on on the same goroutine when a task, or a
// goroutine, ends it.
func TestPatched_waits(t *testing.T) {
	wakers := map[string]func(func()){
		"task":      func(f func()) { Go(f).Join() },
		"goroutine": func(f func()) { go f() },
	}
	for waker, by := range wakers {
		t.Run("by "+waker, func(t *testing.T) {
			eachWait(t, func(t *testing.T, w runtimeWait, wait, wake func()) {
				if wake == nil {
					t.Skip("nothing ends it")
				}
				id := asm.GoidParsed()
				ticks := 0
				ticker := Go(func() {
					for {
						ticks++
						time.Sleep(time.Microsecond)
					}
				})
				task := waitingTask(func() {
					wait()
					if here := asm.GoidParsed(); here != id {
						t.Errorf("goroutine %d, want %d", here, id)
					}
				})
				for seen := ticks; ticks < seen+3; {
					YieldIO()
				}
				if task.Ended() {
					t.Error("ended by itself")
				}
				by(wake)
				needNil(t, task.Join())
				ticker.Kill()
			})
		})
	}
}

// Kill ends a wait at once, but none of package sync. A wait that comes later takes what ends
// it: nothing is left of the one that was ended.
func TestPatched_kill(t *testing.T) {
	eachWait(t, func(t *testing.T, w runtimeWait, wait, wake func()) {
		returned, deferred := false, false
		victim := waitingTask(func() {
			defer func() { deferred = true }()
			wait()
			returned = true
			time.Sleep(time.Hour) // can be ended
		})
		if !w.ends {
			victim.KillNoWait()
			for range 10 {
				YieldIO()
			}
			if returned || victim.Ended() {
				t.Error("the wait of package sync was ended")
			}
			wake()
		}
		victim.Kill()
		if err := victim.Join(); !errors.Is(err, ErrKilled) || returned == w.ends || !deferred {
			t.Errorf("%v, the wait has returned: %t, the deferred call was made: %t", err, returned, deferred)
		}
		if w.ends && wake != nil {
			next := waitingTask(wait)
			wake()
			needNil(t, next.Join())
		}
	})
}

// WithTimeout ends the same waits, in time, and the task can wait again.
func TestPatched_timeout(t *testing.T) {
	eachWait(t, func(t *testing.T, w runtimeWait, wait, wake func()) {
		if !w.ends {
			returned := false
			task := Go(func() {
				err := WithTimeout(time.Millisecond, func() error { wait(); returned = true; time.Sleep(time.Hour); return nil })
				if !errors.As(err, new(*TimeoutError)) {
					t.Error(err)
				}
			})
			untilReading(task)
			time.Sleep(3 * time.Millisecond)
			if returned || task.Ended() {
				t.Error("the wait of package sync was ended")
			}
			wake()
			needNil(t, task.Join())
			return
		}
		for range 3 {
			start := time.Now()
			err := WithTimeout(time.Millisecond, func() error { wait(); return nil })
			var timeout *TimeoutError
			if !errors.As(err, &timeout) || time.Since(start) > 20*time.Second {
				t.Fatal(err, time.Since(start))
			}
		}
		if wake != nil {
			next := waitingTask(wait)
			wake()
			needNil(t, next.Join())
		}
	})
}

// Values are conserved while receivers and senders are ended at any time: each one that was sent is
// received once.
func TestPatched_conservation(t *testing.T) {
	rounds := 2000
	if testing.Short() {
		rounds = 300
	}
	for _, capacity := range []int{0, 1} {
		inPatched(t, func() {
			mustEnd(t)
			r := rng(t)
			c, quit := make(chan int, capacity), make(chan int)
			var sent, received atomic.Int64
			var all []*Task
			for range 4 {
				all = append(all, Go(func() {
					for range rounds {
						d := time.Duration(r.IntN(30)) * time.Microsecond
						WithTimeout(d, func() error { c <- 1; sent.Add(1); return nil })
						WithTimeout(d, func() error {
							select {
							case c <- 1:
								sent.Add(1)
							case <-quit:
							}
							return nil
						})
					}
				}))
			}
			var receivers []*Task
			receive := func() {
				for {
					select {
					case <-c:
						received.Add(1)
					case <-quit:
						return
					}
				}
			}
			for range 4 {
				receivers = append(receivers, Go(func() {
					for {
						select {
						case <-quit:
							return
						default:
						}
						WithTimeout(time.Duration(r.IntN(30))*time.Microsecond, func() error { <-c; received.Add(1); return nil })
					}
				}))
			}
			var foreign sync.WaitGroup
			foreign.Go(receive)
			JoinAll(all...)
			for received.Load() != sent.Load() {
				time.Sleep(time.Microsecond)
			}
			close(quit)
			JoinAll(receivers...)
			foreign.Wait()
			if len(c) != 0 || sent.Load() != received.Load() {
				t.Errorf("%d values sent, %d received, %d left", sent.Load(), received.Load(), len(c))
			}
		})
	}
}
