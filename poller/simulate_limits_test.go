package poller

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

func TestSimulate_deadlock(t *testing.T) {
	err := Simulate(1, func(s *Sim) {
		var a, b Mutex
		Go(func() { a.Lock(); Sleep(time.Second); b.Lock() }).SetName("left")
		Go(func() { b.Lock(); Sleep(time.Second); a.Lock() }).SetName("right")
		NewChan[int](0).Recv()
	})
	var d *DeadlockError
	if !errors.As(err, &d) || !errors.Is(err, ErrDeadlock) {
		t.Fatal(err)
	}
	for _, want := range []string{`main, \S+ TestSimulate_deadlock: waiting for receive, for 1s\n`,
		`left, \S+ TestSimulate_deadlock: waiting for mutex, for \S+, held by right, \S+ TestSimulate_deadlock\n`,
		`right, \S+ TestSimulate_deadlock: waiting for mutex, for \S+, held by left, \S+ TestSimulate_deadlock\n`} {
		if !regexp.MustCompile(want).MatchString(d.Dump) {
			t.Errorf("no %q in\n%s", want, d.Dump)
		}
	}
	// Of tasks that only join each other, Join says so, as in Run.
	simulate(t, 1, func(s *Sim) {
		main := Current()
		if err := Go(func() { main.Join() }).Join(); !errors.Is(err, ErrDeadlock) {
			t.Error(err)
		}
	})
}

func TestSimulate_endless(t *testing.T) {
	for name, main := range map[string]func(){
		"yield": func() {
			for {
				Yield()
			}
		},
		"sleep": func() {
			for {
				Sleep(time.Hour)
			}
		},
	} {
		cleaned := false
		err := Simulate(1, func(s *Sim) {
			s.SetMaxSwitches(1000)
			defer func() { cleaned = true }()
			main()
		})
		if !errors.Is(err, ErrEndless) || !cleaned || !strings.Contains(err.Error(), "main, ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSimulate_results(t *testing.T) {
	if err := Simulate(1, func(*Sim) { panic("no") }); !strings.Contains(fmt.Sprint(err), "no") {
		t.Error(err)
	}
	killed := false
	simulate(t, 1, func(*Sim) {
		Go(func() {
			defer func() { killed = true }()
			Sleep(time.Hour)
		})
		Sleep(time.Second)
	})
	if !killed {
		t.Error("a task was left")
	}
	simulate(t, 1, func(*Sim) {
		if err := Simulate(1, func(*Sim) {}); err != ErrRunning {
			t.Error(err)
		}
		if err := Run(func() {}); err != ErrRunning {
			t.Error(err)
		}
	})
	if sched.Simulations.Load() != 0 {
		t.Error("simulations:", sched.Simulations.Load())
	}
}

func TestSimulate_context(t *testing.T) {
	forSeeds(t, 20, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			ctx, cancel := context.WithCancelCause(context.Background())
			why := errors.New("why")
			GoAfter(time.Minute, func() { cancel(why) })
			if err := WaitContext(ctx); err != why || Now().Sub(sched.VirtualEpoch) != time.Minute {
				t.Error(err, Now())
			}
			ctx, stop := context.WithTimeout(context.Background(), time.Hour)
			defer stop()
			if err := WaitContext(ctx); !errors.Is(err, ErrSimulated) && !sched.RuntimePatched() {
				t.Error(err)
			}
			sleeper := Go(func() { Sleep(time.Hour) })
			GoAfter(time.Second, sleeper.KillNoWait)
			if err := WaitContext(sleeper.Context()); err != ErrKilled {
				t.Error(err)
			}
			err := WithTimeout(time.Second, func() error { return WaitContext(new(Task).never()) })
			if !errors.Is(err, os.ErrDeadlineExceeded) || len(s.v.Contexts) != 0 {
				t.Error(err, s.v.Contexts)
			}
		})
	})
}

// never returns a context that does not end.
func (*Task) never() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	_ = cancel
	return ctx
}

func TestSimulate_await(t *testing.T) {
	simulate(t, 1, func(s *Sim) {
		v, err := Await(func() (int, error) {
			Sleep(time.Minute) // the clock of the simulation
			return 5, io.EOF
		})
		if v != 5 || err != io.EOF || Now().Sub(sched.VirtualEpoch) != time.Minute {
			t.Error(v, err, Now())
		}
		err = WithTimeout(time.Minute, func() error {
			_, err := Await(func() (int, error) { Sleep(time.Hour); return 1, nil })
			return err
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) || Now().Sub(sched.VirtualEpoch) != 2*time.Minute {
			t.Error(err, Now())
		}
		func() {
			defer func() {
				if p, ok := recover().(*PanicError); !ok || p.Value != "no" {
					t.Error(p)
				}
			}()
			Await(func() (int, error) { panic("no") })
		}()
		ctx, cancel := context.WithCancel(context.Background())
		if v, err := AwaitContext(ctx, func(context.Context) (int, error) { return 6, nil }); v != 6 || err != nil {
			t.Error(v, err)
		}
		cancel()
		if _, err := AwaitContext(ctx, func(context.Context) (int, error) { return 6, nil }); err != context.Canceled {
			t.Error(err)
		}
	})
}

// What would let the world in is refused.
func TestSimulate_refuses(t *testing.T) {
	needSimulated := func(what string, err error) {
		if !errors.Is(err, ErrSimulated) {
			t.Errorf("%s: %v", what, err)
		}
	}
	simulate(t, 1, func(s *Sim) {
		_, err := Open(os.DevNull)
		needSimulated("Open", err)
		_, err = NewFile(os.Stdin)
		needSimulated("NewFile", err)
		_, err = FileConn(os.Stdin)
		needSimulated("FileConn", err)
		_, err = FileListener(os.Stdin)
		needSimulated("FileListener", err)
		_, err = FilePacketConn(os.Stdin)
		needSimulated("FilePacketConn", err)
		needSimulated("WaitRead", WaitRead(0, time.Time{}))
		needSimulated("WaitWrite", WaitWrite(0, time.Time{}))
		needSimulated("Cmd", Command("true").Run())
		_, err = Listen("unix", "@x")
		needSimulated("Listen", err)
		_, err = Dial("unix", "@x")
		needSimulated("Dial", err)
		_, err = (&ListenConfig{MaxConns: 1}).Listen(context.Background(), "tcp", ":1")
		needSimulated("MaxConns", err)
		for what, f := range map[string]func(){
			"RecvFrom": func() { RecvFrom(make(chan int)) },
			"SendTo":   func() { SendTo(make(chan int), 1) },
			"Signals":  func() { Signals() },
		} {
			if sched.RuntimePatched() && what != "Signals" {
				continue // channels are simulated
			}
			func() {
				defer func() {
					err, _ := recover().(error)
					needSimulated(what, err)
				}()
				f()
			}()
		}
		c := make(chan int, 1)
		SendTo(c, 3)
		if v, ok := RecvFrom(c); v != 3 || !ok {
			t.Error(v, ok)
		}
		a, b := Pipe()
		defer b.Close()
		if sched.RuntimePatched() {
			return // so is time.Now
		}
		needSimulated("SetDeadline", a.SetDeadline(time.Now().Add(time.Hour)))
		_, err = (&Dialer{Deadline: time.Now().Add(time.Hour)}).Dial("tcp", "main:1")
		needSimulated("Dialer.Deadline", err)
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		_, err = new(Dialer).DialContext(ctx, "tcp", "main:1")
		needSimulated("DialContext", err)
	})
}

// outside calls f on another goroutine, and returns when it has.
func outside(f func()) {
	runtimepatch.Block() // else the goroutine would be a task
	defer runtimepatch.Unblock()
	done := make(chan bool)
	go func() { f(); close(done) }()
	<-done
}

// A wake-up or call from outside ends the simulation.
func TestSimulate_wokenFromOutside(t *testing.T) {
	for name, f := range map[string]func(s *Sim, outside func(func())){
		"Event": func(s *Sim, outside func(func())) {
			var e Event
			e.IsSet() // of the hub
			outside(e.Set)
			e.Wait()
		},
		"Hub.Go": func(s *Sim, outside func(func())) {
			h := Here()
			outside(func() { h.Go(func() {}) })
			Sleep(time.Second)
		},
		"Kill": func(s *Sim, outside func(func())) {
			task := Go(func() { Sleep(time.Hour) })
			outside(task.KillNoWait)
			Sleep(time.Second)
			Sleep(time.Second)
		},
	} {
		err := Simulate(1, func(s *Sim) {
			f(s, func(f func()) {
				GoAfter(time.Millisecond, func() { outside(f) })
			})
		})
		if !errors.Is(err, ErrSimulated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSimulate_misuse(t *testing.T) {
	needPanic := func(what string, f func()) {
		if panicOf(f) == nil {
			t.Errorf("%s: no panic", what)
		}
	}
	needPanic("nil", func() { Simulate(1, nil) })
	var s *Sim
	var c net.Conn
	var l net.Listener
	simulate(t, 1, func(sim *Sim) {
		s = sim
		l, _ = Listen("tcp", ":1")
		c, _ = Dial("udp", "main:1")
		needPanic("unknown host", func() { s.Partition("main", "nobody") })
		needPanic("Crash of an unknown host", func() { s.Crash("nobody") })
		needPanic("cut off from itself", func() { s.Partition("main", "main") })
		needPanic("latency", func() { s.SetLatency(2, 1) })
		needPanic("loss", func() { s.SetLoss(2, 0) })
		needPanic("switches", func() { s.SetMaxSwitches(0) })
		needPanic("no name", func() { s.Go("", func() {}) })
	})
	needPanic("after the end", func() { s.Heal("main", "main") })
	needPanic("Rand after the end", func() { s.Rand() })
	if s.Seed() != 1 || s.Switches() < 1 {
		t.Error(s.Seed(), s.Switches())
	}
	_, err := l.Accept()
	if !errors.Is(err, ErrSimulated) {
		t.Error(err)
	}
	if _, err := c.Write(nil); !errors.Is(err, ErrSimulated) {
		t.Error(err)
	}
	if err := c.SetDeadline(time.Now()); !errors.Is(err, ErrSimulated) {
		t.Error(err)
	}
	if err := c.Close(); !errors.Is(err, ErrSimulated) {
		t.Error(err)
	}
}
