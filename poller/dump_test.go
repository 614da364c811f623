package poller

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

func asleepHere() { Sleep(time.Hour) }

type sleeper struct{}

func (sleeper) sleep() { asleepHere() }

// A task is named by the user's function, through whichever function of this package it was started.
func TestDump_places(t *testing.T) {
	run(t, func() {
		Go(asleepHere).SetName("Go")
		_, _, line, _ := runtime.Caller(0)
		GoErr(func() error { asleepHere(); return nil }).SetName("GoErr")
		new(Group).Go(func() error { asleepHere(); return nil }).SetName("Group")
		new(Group).GoFunc(asleepHere).SetName("GoFunc")
		new(WaitGroup).Go(asleepHere).SetName("WaitGroup")
		Go(sleeper{}.sleep).SetName("method")
		async := Async(func() (int, error) { asleepHere(); return 0, nil })
		go Call(Here(), func() (int, error) { Current().SetName("Call"); asleepHere(); return 0, nil })
		Go(func() {
			for range Map(1, slices.Values([]int{1}), func(int) (int, error) { Current().SetName("Map"); asleepHere(); return 0, nil }) {
			}
		})
		for !strings.Contains(Dump(), "Call") {
			Sleep(time.Millisecond)
		}
		async.task.SetName("Async")
		Yield()
		const here, asleep = `, dump_test.go:\d+ TestDump_places: `, `, dump_test.go:\d+ asleepHere: waiting for sleep`
		for _, line := range []string{
			"main" + here + "running",
			"Go" + asleep,
			fmt.Sprintf("GoErr, dump_test.go:%d TestDump_places: waiting for sleep", line+1),
			"Group" + here + "waiting for sleep",
			"GoFunc" + asleep,
			"WaitGroup" + asleep,
			"method, sleeper.sleep: waiting for sleep",
			"Async" + here + "waiting for sleep",
			"Call" + here + "waiting for sleep",
			"Map" + here + "waiting for sleep",
		} {
			if !regexp.MustCompile("(?m)^" + line).MatchString(Dump()) {
				t.Errorf("no %q in\n%s", line, Dump())
			}
		}
	})
}

func TestHub_Dump(t *testing.T) {
	mustEnd(t)
	var hub Hub
	ready, stop := make(chan bool), make(chan bool)
	done := make(chan error)
	go func() {
		done <- Run(func() {
			hub = Here()
			Go(asleepHere)
			close(ready)
			RecvFrom(stop)
		})
	}()
	<-ready
	list := regexp.MustCompile(`(?m)^task-2, dump_test.go:\d+ asleepHere: waiting for sleep, for`)
	// The hub waits.
	for start := time.Now(); ; {
		text, err := hub.Dump()
		needNil(t, err)
		if list.MatchString(text) {
			break
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("no %v in\n%s", list, text)
		}
	}
	// The hub is busy.
	var busy *Task
	_, err := Call(hub, func() (int, error) {
		busy = Go(func() {
			for {
				Yield()
			}
		})
		return 0, nil
	})
	needNil(t, err)
	text, err := hub.Dump()
	needNil(t, err)
	if !list.MatchString(text) || !strings.Contains(text, "ready, after waiting for its turn") {
		t.Errorf("no %v in\n%s", list, text)
	}
	busy.Kill()
	// In a task of another hub, which goes on meanwhile; and in one of its own.
	run(t, func() {
		ticks := 0
		Go(func() {
			for {
				ticks++
				Yield()
			}
		})
		before := ticks
		sched.Ask(hub.h, func(*sched.Hub) bool { time.Sleep(10 * time.Millisecond); return true })
		text, err := hub.Dump()
		needNil(t, err)
		if !list.MatchString(text) || ticks == before {
			t.Errorf("%d ticks, no %v in\n%s", ticks-before, list, text)
		}
		text, err = Here().Dump()
		if err != nil || !strings.Contains(text, ": running") {
			t.Errorf("%v %s", err, text)
		}
	})
	close(stop)
	needNil(t, <-done)
	if text, err := hub.Dump(); text != "" || err != ErrEnded {
		t.Errorf("%q, %v", text, err)
	}
	mustPanic(t, "Hub.Dump of the zero Hub", func() { new(Hub).Dump() })
}

// A hub that does not answer is said to be stopped by its task.
func TestHub_Dump_stalled(t *testing.T) {
	mustEnd(t)
	ready, stop := make(chan Hub), make(chan bool)
	done := make(chan error)
	go func() {
		done <- Options{MonitorAfter: -1}.Run(func() {
			Go(func() {
				ready <- Here()
				if sched.RuntimePatched() {
					for over := false; !over; {
						select {
						case <-stop:
							over = true
						default:
						}
					}
				} else {
					<-stop
				}
			}).Join()
		})
	}()
	text, err := (<-ready).Dump()
	close(stop)
	needNil(t, <-done)
	if err != os.ErrDeadlineExceeded || !strings.HasPrefix(text, "poller: task-2, TestHub_Dump_stalled has not switched for 1s") || !strings.Contains(text, "dump_test.go:") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestHub_Dump_simulated(t *testing.T) {
	needNil(t, Simulate(1, func(s *Sim) {
		here := Here()
		text, err := here.Dump()
		if err != nil || !strings.Contains(text, "TestHub_Dump_simulated: running") {
			t.Errorf("%v %q", err, text)
		}
		outside(func() {
			if _, err := here.Dump(); !errors.Is(err, ErrSimulated) {
				t.Error(err)
			}
		})
	}))
}

// A question that is interrupted, or answered too late, leaves nothing behind.
func TestAsk_givenUp(t *testing.T) {
	mustEnd(t)
	ready, stop := make(chan *sched.Hub), make(chan bool)
	done := make(chan error)
	go func() {
		done <- Options{MonitorAfter: -1}.Run(func() {
			ready <- sched.Here()
			for !func() bool {
				select {
				case <-stop:
					return true
				default:
					return false
				}
			}() {
			}
			Sleep(10 * time.Millisecond)
		})
	}()
	other := <-ready
	run(t, func() {
		late := 0
		ask := func(d time.Duration) error {
			_, err := sched.Ask(other, func(*sched.Hub) int { late++; return late }).Answer(d)
			return err
		}
		if err := ask(time.Millisecond); err != os.ErrDeadlineExceeded {
			t.Error(err)
		}
		killed := Go(func() { ask(time.Hour) })
		Sleep(time.Millisecond)
		killed.Kill()
		if err := WithTimeout(time.Millisecond, func() error { return ask(time.Hour) }); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		close(stop)
		if n, err := sched.Ask(other, func(*sched.Hub) int { return late }).Answer(10 * time.Second); n != 3 || err != nil {
			t.Error(n, err)
		}
		Sleep(time.Millisecond) // a late wake-up would end this wait
	})
	needNil(t, <-done)
}

// A task that waits for a lock is told of with the lock's holder, which changes meanwhile.
func TestDump_holder(t *testing.T) {
	mustEnd(t)
	var mu Mutex
	var rw RWMutex
	lines := func(want ...string) {
		t.Helper()
		for _, line := range want {
			if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(Dump()) {
				t.Errorf("no %q in\n%s", line, Dump())
			}
		}
	}
	const place = ", dump_test.go:\\d+ TestDump_holder"
	const waits = place + ": waiting for mutex, for [^,]+"
	run(t, func() {
		for range 1000 { // the lock becomes the hub's own once it is known whether the kernel helps with that
			if biased.Mode.Load() != biased.ModeUnknown {
				break
			}
			Sleep(time.Millisecond)
		}
		for i := 0; i < 5; {
			mu.Lock()
			i++
			mu.Unlock()
		}
		lock := func(name string) *Task {
			task := Go(func() {
				mu.Lock()
				defer mu.Unlock()
				Sleep(time.Hour)
			}).SetName(name)
			Yield()
			return task
		}
		first, second, third := lock("first"), lock("second"), lock("third")
		lines("second" + waits + ", held by first" + place)
		slow := Go(func() { mu.LockTimeout(time.Hour) }).SetName("slow")
		Yield()
		lines("first"+place+": waiting for sleep, .*", "second"+waits+", held by first"+place, "third"+waits+", held by first"+place, "slow"+waits+", held by first"+place)
		first.Kill()
		lines("third"+waits+", held by second"+place, "slow"+waits+", held by second"+place)
		second.Kill()
		third.Kill()
		slow.Join() // it leaves mu locked
		last := lock("last")
		lines("last" + waits + ", held by slow, which has ended")
		mu.Unlock()
		last.Kill()
		// From a goroutine, and by one.
		_, err := Await(func() (int, error) { mu.Lock(); return 0, nil })
		needNil(t, err)
		outside := lock("outside")
		lines("outside" + waits)
		done := make(chan bool)
		go func() { mu.Lock(); close(done); mu.Unlock() }()
		mu.Unlock()
		Yield()
		outside.Kill()
		RecvFrom(done)
		// Readers have no names, writers do.
		rw.RLock()
		writer := Go(func() { rw.Lock(); defer rw.Unlock(); Sleep(time.Hour) }).SetName("writer")
		Yield()
		lines("writer" + waits)
		rw.RUnlock()
		Yield()
		reader := Go(func() { rw.RLock() }).SetName("reader")
		Yield()
		lines("reader" + waits + ", held by writer" + place)
		writer.Kill()
		reader.Join()
	})
}

// A holder on another hub is named, without its place.
func TestDump_holderElsewhere(t *testing.T) {
	mustEnd(t)
	var mu Mutex
	locked, stop := make(chan bool), make(chan bool)
	done := make(chan error)
	go func() {
		done <- Run(func() {
			Current().SetName("elsewhere")
			mu.Lock()
			close(locked)
			RecvFrom(stop)
			mu.Unlock()
		})
	}()
	<-locked
	run(t, func() {
		waiter := Go(mu.Lock)
		Yield()
		if text := Dump(); !regexp.MustCompile(`(?m): waiting for mutex, for [^,]+, held by elsewhere$`).MatchString(text) {
			t.Error(text)
		}
		close(stop)
		needNil(t, waiter.Join())
	})
	needNil(t, <-done)
}
