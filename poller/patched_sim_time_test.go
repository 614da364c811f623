//go:build linux && !poller_std

package poller

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Timers fire at their instants, in whatever way they are looked at.
func TestPatchedSim_timers(t *testing.T) {
	needPatched(t)
	needNil(t, Simulate(1, func(*Sim) {
		begin := time.Now()
		short, long := time.NewTimer(time.Minute), time.NewTimer(3*time.Minute)
		time.Sleep(2 * time.Minute)
		select {
		case at := <-short.C:
			if d := at.Sub(begin); d < time.Minute || d > time.Minute+time.Millisecond {
				t.Errorf("a timer of a minute has %v", d)
			}
		default:
			t.Error("a timer of a minute has not fired after two")
		}
		select {
		case <-long.C:
			t.Error("a timer of three minutes has fired after two")
		default:
		}
		if !long.Stop() || long.Reset(time.Hour) {
			t.Error("a timer that has not fired was not stopped")
		}
		<-long.C
		if d := time.Since(begin); d <= 62*time.Minute || d > 62*time.Minute+time.Millisecond {
			t.Errorf("it has fired after %v", d)
		}
		fired := false
		time.AfterFunc(10*time.Microsecond, func() { fired = true })
		go func() { // there is always a ready task
			for !fired {
				runtime.Gosched()
			}
		}()
		for range 1000 {
			for range 100 {
				_ = time.Now() // each look costs a nanosecond of the simulation's time
			}
			runtime.Gosched()
		}
		if !fired {
			t.Error("a timer of 10 µs has not fired in 100 µs")
		}
		fired = true
	}))
}

// Time passes: of two looks at the clock the later one shows more, and who has slept has slept too long. Yet those
// that sleep equally long from about the same instant wake at the same one.
func TestPatchedSim_clock(t *testing.T) {
	needPatched(t)
	begin := func(*Sim) {
		begin := time.Now()
		if time.Since(begin) <= 0 {
			t.Error("two looks at the clock show the same")
		}
	}
	needNil(t, Simulate(1, begin))
	for name, sleep := range map[string]func(){
		"Sleep": func() { time.Sleep(time.Second) },
		"After": func() { <-time.After(time.Second) },
	} {
		swapped := 0
		for seed := range uint64(20) {
			needNil(t, Simulate(seed, func(*Sim) {
				var began, woke string
				var wg sync.WaitGroup
				for i := range 4 {
					wg.Add(1)
					go func() {
						defer wg.Done()
						began += fmt.Sprint(i)
						begin := time.Now()
						sleep()
						if time.Since(begin) <= time.Second {
							t.Error("a sleep of a second has taken no more")
						}
						woke += fmt.Sprint(i)
					}()
				}
				wg.Wait()
				if began != woke {
					swapped++
				}
			}))
		}
		if swapped < 10 {
			t.Errorf("%s: sleepers have woken in another order than they began in %d of 20 simulations", name, swapped)
		}
	}
}

// timerKinds call fired after d, each by timers of another kind.
var timerKinds = map[string]func(d time.Duration, fired func()){
	"time.AfterFunc": func(d time.Duration, fired func()) { time.AfterFunc(d, fired) },
	"time.NewTimer": func(d time.Duration, fired func()) {
		timer := time.NewTimer(d)
		go func() { <-timer.C; fired() }()
	},
	"time.Sleep": func(d time.Duration, fired func()) { go func() { time.Sleep(d); fired() }() },
	"context.WithTimeout": func(d time.Duration, fired func()) {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		context.AfterFunc(ctx, func() { fired(); cancel() })
	},
	"Sleep": func(d time.Duration, fired func()) { Go(func() { Sleep(d); fired() }) },
	"WithTimeout": func(d time.Duration, fired func()) {
		Go(func() { WithTimeout(d, func() error { select {} }); fired() })
	},
	"GoAfter": func(d time.Duration, fired func()) { GoAfter(d, fired) },
}

// turnKinds start a task that is always ready when turn is called, which lets that run, until end is called.
var turnKinds = map[string]func() (turn, end func()){
	"yields": func() (turn, end func()) {
		ended := false
		go func() {
			for !ended {
				runtime.Gosched()
			}
		}()
		return runtime.Gosched, func() { ended = true }
	},
	"hands over": func() (turn, end func()) {
		c := make(chan bool)
		go func() {
			for range c {
			}
		}()
		return func() { c <- true; c <- true }, func() { close(c) }
	},
}

// beside simulates main for each kind of timers, with some seeds, beside a task that is always ready. start starts a timer, over reports
// whether it has fired, and turn gives way.
func beside(t *testing.T, main func(t *testing.T, start func(d time.Duration), over func() bool, turn func())) {
	for name, start := range timerKinds {
		for how, other := range turnKinds {
			t.Run(name+" "+how, func(t *testing.T) {
				forSeeds(t, 5, func(t *testing.T, seed uint64) {
					needNil(t, Simulate(seed, func(*Sim) {
						fired := false
						turn, end := other()
						defer end()
						main(t, func(d time.Duration) { start(d, func() { fired = true }) }, func() bool { return fired }, turn)
					}))
				})
			})
		}
	}
}

// A timer that is due, since tasks have moved the clock by looking at it, fires although a task is always ready.
func TestPatchedSim_timersDue(t *testing.T) {
	needPatched(t)
	beside(t, func(t *testing.T, start func(d time.Duration), over func() bool, turn func()) {
		const d = 100 * time.Microsecond
		begin := time.Now()
		start(d)
		for turn(); !over(); turn() {
			for range 1000 {
				_ = time.Now()
			}
			if passed := time.Since(begin); passed > 2*d {
				t.Fatalf("it has not fired in %v", passed)
			}
		}
		if passed := time.Since(begin); passed < d {
			t.Errorf("it has fired after %v", passed)
		}
	})
}

// The clock does not jump to a timer as long as a task is ready, but after 10,000 switches.
func TestPatchedSim_timersNotDue(t *testing.T) {
	needPatched(t)
	beside(t, func(t *testing.T, start func(d time.Duration), over func() bool, turn func()) {
		begin := time.Now()
		start(time.Hour)
		for range 2000 {
			turn()
		}
		if passed := time.Since(begin); over() || passed > time.Millisecond {
			t.Errorf("it has fired: %v; the clock has moved by %v", over(), passed)
		}
		turns := 2000
		for ; !over() && turns < 10_000; turns++ {
			turn()
		}
		if passed := time.Since(begin); !over() || passed < time.Hour || passed > time.Hour+time.Millisecond {
			t.Errorf("it has fired: %v, after %v, %d turns of one of two tasks", over(), passed, turns)
		}
	})
}
