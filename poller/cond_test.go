package poller

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// However and wherever Wait is interrupted, the task holds L when its deferred calls run,
// and no other does.
func TestCond_interruptedHoldsL(t *testing.T) {
	for _, how := range interruptions {
		for _, signalled := range []bool{false, true} {
			run(t, func() {
				h := sched.Here()
				var mu Mutex
				c := NewCond(&mu)
				inside := ""
				enter := func(who string) {
					if inside != "" {
						t.Errorf("%s, signalled %v: %s is inside, and so is %s", how, signalled, who, inside)
					}
					inside = who
				}
				var timedOut error
				waiter := Go(func() {
					timedOut = WithTimeout(time.Hour, func() error {
						mu.Lock()
						defer mu.Unlock()
						defer func() { enter("waiter"); inside = "" }()
						c.Wait()
						t.Errorf("%s, signalled %v: Wait returned", how, signalled)
						return nil
					})
				})
				Yield()
				mu.Lock()
				enter("main")
				if signalled {
					c.Signal()
				}
				for _, what := range strings.Split(how, ", ") {
					if what == "timeout" {
						expireScope(h, waiter)
					} else {
						waiter.KillNoWait()
					}
				}
				for range 5 {
					Yield()
				}
				if how == "twice" { // now it waits for L
					waiter.KillNoWait()
					Yield()
				}
				if waiter.Ended() || mu.TryLock() {
					t.Errorf("%s, signalled %v: ended: %v, before L was free", how, signalled, waiter.Ended())
				}
				inside = ""
				mu.Unlock()
				err := waiter.Join()
				if how == "timeout" && (err != nil || !errors.Is(timedOut, os.ErrDeadlineExceeded)) || how != "timeout" && err != ErrKilled {
					t.Errorf("%s, signalled %v: %v, %v", how, signalled, err, timedOut)
				}
				if !mu.TryLock() {
					t.Errorf("%s, signalled %v: L is still held", how, signalled)
				}
			})
		}
	}
}

// A task that was woken by Signal, and is then interrupted, passes the signal on.
func TestCond_interruptedPassesOn(t *testing.T) {
	for _, how := range []string{"kill", "timeout"} {
		run(t, func() {
			var mu Mutex
			c := NewCond(&mu)
			items, got := 0, ""
			consumer := func(name string) func() {
				return func() {
					WithTimeout(time.Hour, func() error {
						mu.Lock()
						defer mu.Unlock()
						for items == 0 {
							c.Wait()
						}
						items--
						got += name
						return nil
					})
				}
			}
			a, b := Go(consumer("a")), Go(consumer("b"))
			Yield()
			mu.Lock()
			items++
			c.Signal()
			if how == "kill" {
				a.KillNoWait()
			} else {
				expireScope(sched.Here(), a)
			}
			mu.Unlock()
			if err := b.JoinTimeout(time.Second); err != nil || got != "b" {
				t.Errorf("%s: b: %v; who got it: %q", how, err, got)
			}
			a.Join()
		})
	}
}

// An L whose Unlock waits: what is signalled meanwhile is not missed.
func TestCond_signalDuringUnlock(t *testing.T) {
	run(t, func() {
		for _, wake := range []func(*Cond){(*Cond).Signal, (*Cond).Broadcast} {
			c := NewCond(unlocker{})
			waiter := Go(func() { c.Wait() })
			Yield() // it is in Unlock
			wake(c)
			if err := waiter.JoinTimeout(time.Second); err != nil {
				t.Error(err)
			}
			if c.queue.Head != nil {
				t.Error("it is still in the queue")
			}
		}
	})
}

// unlocker is a Locker whose Unlock waits.
type unlocker struct{}

func (unlocker) Lock()   {}
func (unlocker) Unlock() { Sleep(time.Microsecond); new(Event).WaitTimeout(time.Microsecond) }

// After a panic of L no waiter is left in the queue, and no signal is lost with it.
func TestCond_panickingL(t *testing.T) {
	run(t, func() {
		var mu Mutex
		c := NewCond(&mu)
		mustPanic(t, "Unlock of an unlocked", func() { c.Wait() })
		if c.queue.Head != nil {
			t.Error("it is still in the queue")
		}
		mu.Lock()
		other := Go(func() { mu.Lock(); defer mu.Unlock(); c.Wait() })
		mu.Unlock()
		Yield()
		c.Signal()
		if err := other.JoinTimeout(time.Second); err != nil {
			t.Error(err)
		}
	})
}

// A task that waits for the L of a Cond does not keep Run from ending.
func TestCond_leavesWhoHasNoL(t *testing.T) {
	var mu Mutex
	c := NewCond(&mu)
	err := Run(func() {
		Go(func() { mu.Lock(); c.Wait() })
		Yield()
		mu.Lock() // for ever
	})
	if err == nil {
		t.Error("the task with L held in vain was left behind without a word")
	}
}
