package poller

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/coro"
)

func TestRunErr(t *testing.T) {
	if err := RunErr(func() error { Yield(); return nil }); err != nil {
		t.Error(err)
	}
	if err := RunErr(func() error { return fs.ErrExist }); err != fs.ErrExist {
		t.Errorf("%v", err)
	}
	var p *PanicError
	if err := RunErr(func() error { panic("boom") }); !errors.As(err, &p) || p.Value != "boom" {
		t.Errorf("%v", err)
	}
	run(t, func() {
		if err := RunErr(func() error { return nil }); err != ErrRunning {
			t.Errorf("%v", err)
		}
	})
	mustPanic(t, "RunErr of a nil function", func() { RunErr(nil) })
}

func TestCall(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		hub := Here()
		answer := func() (string, error) { Yield(); return Current().Name(), fs.ErrExist }
		// From a task of the same hub.
		if v, err := Call(hub, answer); !strings.HasPrefix(v, "task-") || err != fs.ErrExist {
			t.Error(v, err)
		}
		// From a goroutine.
		v, err := Await(func() (string, error) { return Call(hub, answer) })
		if !strings.HasPrefix(v, "task-") || err != fs.ErrExist {
			t.Error(v, err)
		}
		// From a task of another hub, which goes on meanwhile.
		_, err = Await(func() (int, error) {
			return 0, Run(func() {
				ticks := 0
				Go(func() {
					for {
						Sleep(time.Millisecond)
						ticks++
					}
				})
				v, err := Call(hub, func() (int, error) { Sleep(20 * time.Millisecond); return 7, nil })
				if v != 7 || err != nil || ticks == 0 {
					t.Error(v, err, ticks)
				}
			})
		})
		needNil(t, err)
		var p *PanicError
		if _, err := Call(hub, func() (int, error) { panic("boom") }); !errors.As(err, &p) || p.Value != "boom" {
			t.Error(err)
		}
		if _, err := Call(hub, func() (int, error) { Current().Kill(); return 1, nil }); err != ErrKilled {
			t.Error(err)
		}
		mustPanic(t, "Call of a nil function", func() { Call[int](hub, nil) })
	})
}

// A Run that is over, or ends before the function has started, is an error.
func TestCall_ended(t *testing.T) {
	mustEnd(t)
	result := make(chan error, 1)
	var hub Hub
	run(t, func() {
		hub = Here()
		Go(func() {
			defer func() { // the hub is ending by now
				go func() { _, err := Call(hub, func() (int, error) { t.Error("it runs"); return 0, nil }); result <- err }()
			}()
			Sleep(time.Hour)
		})
		Yield()
	})
	if err := <-result; err != ErrEnded {
		t.Error(err)
	}
	if _, err := Call(hub, func() (int, error) { return 0, nil }); err != ErrEnded {
		t.Error(err)
	}
}

func TestGoErr(t *testing.T) {
	defer SetErrorHandler(SetErrorHandler(func(_ *Task, err *PanicError) { t.Errorf("reported: %v", err) }))
	run(t, func() {
		a, b := GoErr(func() error { return fs.ErrExist }), GoErr(func() error { return nil })
		if a.Err() != nil {
			t.Error("it has not run")
		}
		if err := JoinAll(b, a); err != fs.ErrExist || a.Err() != err || b.Err() != nil {
			t.Error(err, a.Err(), b.Err())
		}
		if err := a.JoinTimeout(0); err != fs.ErrExist {
			t.Error(err)
		}
		mustPanic(t, "GoErr of a nil function", func() { GoErr(nil) })
		var g Group
		g.GoFunc(Yield)
		needNil(t, g.Join())
		mustPanic(t, "Group.GoFunc of a nil function", func() { g.GoFunc(nil) })
	})
}

func TestKillTimeout(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		asleep := Go(func() { Sleep(time.Hour) })
		Yield()
		needNil(t, asleep.KillTimeout(time.Second))
		needNil(t, asleep.KillTimeout(time.Second))
		over := false
		stubborn := Go(func() {
			for !over {
				func() {
					defer func() { recover() }()
					Sleep(time.Hour)
				}()
			}
		})
		Yield()
		if err := stubborn.KillTimeout(5 * time.Millisecond); err != os.ErrDeadlineExceeded {
			t.Error(err)
		}
		over = true
		needNil(t, stubborn.KillTimeout(time.Second))
	})
}

func TestOwnTypes(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		ctx := context.Background()
		l, err := new(ListenConfig).OpenListener(ctx, "tcp", "127.0.0.1:0")
		needNil(t, err)
		go func() {
			if c, err := l.AcceptConn(); err == nil {
				c.Close()
			}
		}()
		c, err := new(Dialer).DialConn(ctx, "tcp", l.Addr().String())
		needNil(t, err)
		needNil(t, c.SetNoDelay(true))
		p, err := new(ListenConfig).OpenPacketConn(ctx, "udp", "127.0.0.1:0")
		needNil(t, err)
		for _, open := range []interface{ Close() error }{l, c, p} {
			needNil(t, open.Close())
		}
		for _, err := range []error{
			errorOf(new(ListenConfig).OpenListener(ctx, "udp", "127.0.0.1:0")),
			errorOf(new(ListenConfig).OpenPacketConn(ctx, "tcp", "127.0.0.1:0")),
			errorOf(new(Dialer).DialConn(ctx, "udp", "127.0.0.1:9")),
		} {
			if err == nil || !strings.Contains(err.Error(), "unknown network") {
				t.Error(err)
			}
		}
	})
	needNil(t, Simulate(1, func(*Sim) {
		ctx := context.Background()
		for _, err := range []error{
			errorOf(new(ListenConfig).OpenListener(ctx, "tcp", ":80")),
			errorOf(new(ListenConfig).OpenPacketConn(ctx, "udp", ":80")),
			errorOf(new(Dialer).DialConn(ctx, "tcp", "main:80")),
		} {
			if !errors.Is(err, ErrSimulated) {
				t.Error(err)
			}
		}
	}))
}

func errorOf[T any](_ T, err error) error { return err }

// A message names the function that was called, and what to do.
func TestMessages_outsideOfRun(t *testing.T) {
	for want, call := range map[string]func(){
		"Go outside of Run: call it in a task, or use Hub.Go":           func() { Go(func() {}) },
		"GoErr outside of Run: call it in a task, or use Hub.Go":        func() { GoErr(func() error { return nil }) },
		"GoAfter outside of Run: call it in a task, or use Hub.Go":      func() { GoAfter(1, func() {}) },
		"Async outside of Run: ":                                        func() { Async(func() (int, error) { return 0, nil }) },
		"Group.Go outside of Run: ":                                     func() { new(Group).Go(func() error { return nil }) },
		"Dump outside of Run: call it in a task":                        func() { Dump() },
		"ReadStats outside of Run: call it in a task, or use Hub.Stats": func() { ReadStats() },
		"Here outside of Run: call it in a task":                        func() { Here() },
		"Local.Set outside of a task":                                   func() { new(Local[int]).Set(1) },
		"Hub.Go of the zero Hub: a Hub is the result of Here":           func() { Hub{}.Go(func() {}) },
		"Future.Get of the zero Future: it is the result of Async":      func() { new(Future[int]).Get() },
		"Cond.Wait without a locker: make the Cond with NewCond":        func() { new(Cond).Wait() },
		"Select with the zero Case: one is the result of Chan.OnRecv":   func() { Select(Case{}) },
		"NewPool without room for a task: n must be positive":           func() { NewPool(0) },
		"WaitGroup.Add: the counter is negative: there were more calls": func() { new(WaitGroup).Done() },
		"Simulate of a nil function":                                    func() { Simulate(1, nil) },
	} {
		t.Run(want, func(t *testing.T) { mustPanic(t, "poller: "+want, call) })
	}
	run(t, func() { mustPanic(t, "poller: Go of a nil function", func() { Go(nil) }) })
}

// A task's error is one line, and %+v has the stack.
func TestPanicError_ofTask(t *testing.T) {
	run(t, func() {
		var g Group // reads the errors
		a := g.GoFunc(func() { panic("boom") })
		b := g.GoFunc(func() { panic(fs.ErrExist) }).SetName("accept")
		c := g.GoFunc(func() { inCoroutine(func() { panic("boom") }) }).SetName("serve")
		g.Join()
		for task, want := range map[*Task]string{
			a: "poller: panic in " + a.Name() + ": boom",
			b: "poller: panic in task accept: file already exists",
			c: "poller: panic in a coroutine of task serve: boom",
		} {
			err := task.Err()
			if err.Error() != want || fmt.Sprint(err) != want || fmt.Sprintf("%s", err) != want {
				t.Errorf("%q, want %q", err.Error(), want)
			}
			if got := fmt.Sprintf("%q", err); got != fmt.Sprintf("%q", want) {
				t.Errorf("%%q is %s", got)
			}
			if long := fmt.Sprintf("%+v", err); !strings.HasPrefix(long, want+"\n\ngoroutine ") || !strings.Contains(long, "call_test.go") {
				t.Errorf("%%+v is %q", long)
			}
		}
		_, err := func() (_ int, err error) {
			defer func() { err, _ = recover().(error) }()
			return Await(func() (int, error) { panic("boom") })
		}()
		if err == nil || err.Error() != "poller: panic in a function of Await: boom" {
			t.Error(err)
		}
	})
}

// inCoroutine calls f in a coroutine of the task.
func inCoroutine(f func()) { coro.New(func(any) any { f(); return nil }).Switch(nil) }
