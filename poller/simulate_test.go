package poller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// simulate is Simulate for tests that expect no error. It returns the hash.
func simulate(t testing.TB, seed uint64, main func(s *Sim)) uint64 {
	t.Helper()
	var sim *Sim
	err := Simulate(seed, func(s *Sim) {
		sim = s
		main(s)
	})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return sim.Hash()
}

// forSeeds calls f for some seeds.
func forSeeds(t *testing.T, n int, f func(t *testing.T, seed uint64)) {
	for seed := range uint64(n) {
		if f(t, seed); t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// busyWorld uses most of what there is: tasks, timers, locks, channels, TCP and UDP on
// three hosts, faults.
func busyWorld(t testing.TB) func(s *Sim) {
	return func(s *Sim) {
		s.SetLoss(0.2, 0.1)
		for _, server := range []string{"a", "b"} {
			s.Go(server, func() {
				l, err := Listen("tcp", ":80")
				if err != nil {
					t.Error(err)
					return
				}
				u, err := ListenPacket("udp", ":53")
				if err != nil {
					t.Error(err)
					return
				}
				Go(func() {
					b := make([]byte, 100)
					for {
						n, from, err := u.ReadFrom(b)
						if err != nil {
							return
						}
						u.WriteTo(b[:n], from)
					}
				})
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					Go(func() { echo(c) })
				}
			})
		}
		var mu Mutex
		total := 0
		c := NewChan[int](2)
		var g Group
		for i := range 6 {
			g.Go(func() error {
				Sleep(time.Duration(s.Rand().IntN(3)) * time.Millisecond)
				server := []string{"a", "b"}[i%2]
				conn, err := Dial("tcp", server+":80")
				if err != nil {
					s.Tracef("dial: %v", err)
					return nil
				}
				defer conn.Close()
				for round := range 5 {
					if _, err := fmt.Fprintf(conn, "%d of %d", round, i); err != nil {
						s.Tracef("write: %v", err)
						break
					}
					b := make([]byte, 6)
					if _, err := io.ReadFull(conn, b); err != nil {
						s.Tracef("read: %v", err)
						break
					}
					mu.Lock()
					total++
					mu.Unlock()
					c.Send(i)
				}
				return nil
			})
			g.Go(func() error {
				conn, err := Dial("udp", "a:53")
				if err != nil {
					return err
				}
				defer conn.Close()
				conn.SetReadDeadline(Now().Add(5 * time.Millisecond))
				conn.Write([]byte("ping"))
				_, err = conn.Read(make([]byte, 10))
				s.Tracef("udp: %v", err)
				return nil
			})
		}
		g.Go(func() error {
			Sleep(4 * time.Millisecond)
			s.Partition("a", "main")
			Sleep(time.Second)
			s.Heal("a", "main")
			Sleep(time.Duration(s.Rand().IntN(2000)) * time.Microsecond)
			s.Reset("b", "main")
			return nil
		})
		Go(func() {
			for {
				n, v := -1, 0
				switch n = Select(c.OnRecv(&v, nil)); n {
				case 0:
					s.Tracef("got %d", v)
				}
			}
		})
		if err := g.Join(); err != nil {
			t.Error(err)
		}
	}
}

// The seed determines everything: what comes of it is the same on all backends, all
// processors and all releases. If the scheduling or the network is changed on purpose,
// these numbers change.
func TestSimulate_golden(t *testing.T) {
	got := ""
	for seed := range uint64(4) {
		got += fmt.Sprintf("%016x\n", simulate(t, seed, busyWorld(t)))
	}
	if want := simGolden; got != want {
		t.Errorf("hashes of the seeds 0 to 3:\n%swant:\n%s", got, want)
	}
}

const simGolden = `648c7ed12ef22cbe
b5f0a877cd151723
07e299f8a899b703
754692c54367daa2
`

func TestSimulate_sameSeedSameTrace(t *testing.T) {
	seen := make(map[uint64]uint64)
	forSeeds(t, 50, func(t *testing.T, seed uint64) {
		var trace [2]bytes.Buffer
		var hash [2]uint64
		for i := range trace {
			hash[i] = simulate(t, seed, func(s *Sim) {
				s.SetTrace(&trace[i])
				busyWorld(t)(s)
			})
		}
		if hash[0] != hash[1] || trace[0].String() != trace[1].String() {
			t.Errorf("first:\n%s\nthen:\n%s", &trace[0], &trace[1])
		}
		if other, ok := seen[hash[0]]; ok {
			t.Errorf("seed %d does the same as seed %d", seed, other)
		}
		seen[hash[0]] = seed
	})
}

// Simulations do not disturb each other, or ordinary hubs.
func TestSimulate_parallel(t *testing.T) {
	want := simulate(t, 7, busyWorld(t))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if got := simulate(t, 7, busyWorld(t)); got != want {
					t.Error("another course of events")
				}
			}
		})
		wg.Go(func() {
			run(t, func() {
				before := time.Now()
				Sleep(time.Millisecond)
				if d := time.Since(before); d < time.Millisecond {
					t.Error("an ordinary task has slept", d)
				}
				if Now().Year() < 2020 {
					t.Error(Now())
				}
			})
		})
	}
	wg.Wait()
}

func TestSimulate_time(t *testing.T) {
	before := time.Now()
	simulate(t, 1, func(s *Sim) {
		if start := Now(); !start.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Error(start)
		}
		start := Now()
		for range 60 {
			Sleep(time.Minute)
		}
		if d := Now().Sub(start); d != time.Hour {
			t.Error(d)
		}
		err := WithTimeout(time.Hour, func() error { return new(Event).waitForever() })
		if d := Now().Sub(start); d != 2*time.Hour || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(d, err)
		}
		if NewChan[int](0).SendTimeout(1, 24*time.Hour) == nil || Now().Sub(start) != 26*time.Hour {
			t.Error(Now().Sub(start))
		}
		late := GoAfter(time.Hour, func() {})
		if late.JoinTimeout(59*time.Minute) == nil || late.JoinTimeout(2*time.Minute) != nil {
			t.Error("GoAfter")
		}
	})
	if d := time.Since(before); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
}

func (e *Event) waitForever() error { e.Wait(); return nil }

// Who waits for time to pass, but does not wait, gets it.
func TestSimulate_timePassesForYield(t *testing.T) {
	simulate(t, 1, func(s *Sim) {
		done := false
		GoAfter(time.Minute, func() { done = true })
		for !done {
			Yield()
		}
		if d := Now().Sub(sched.VirtualEpoch); d != time.Minute {
			t.Error(d)
		}
	})
}

// All orders of tasks come up, those of one priority after those of a higher one.
func TestSimulate_order(t *testing.T) {
	orders := make(map[string]int)
	forSeeds(t, 200, func(t *testing.T, seed uint64) {
		order := ""
		simulate(t, seed, func(s *Sim) {
			var tasks []*Task
			for _, name := range []string{"a", "b", "c"} {
				tasks = append(tasks, Go(func() { order += name }))
			}
			tasks = append(tasks, Go(func() { order += "H" }).SetPriority(PriorityHigh))
			tasks = append(tasks, Go(func() { order += "L" }).SetPriority(PriorityLow))
			JoinAll(tasks...)
		})
		if order[0] != 'H' || order[4] != 'L' {
			t.Error(order)
		}
		orders[order]++
	})
	if len(orders) != 6 {
		t.Error(orders)
	}
}

// Of several cases that can proceed, the seed chooses.
func TestSimulate_select(t *testing.T) {
	choose := func(seed uint64) (chosen string) {
		simulate(t, seed, func(s *Sim) {
			a, b := NewChan[int](20), NewChan[int](20)
			for range 20 {
				chosen += fmt.Sprint(Select(a.OnSend(1), b.OnSend(2)))
			}
		})
		return chosen
	}
	first := choose(1)
	if again := choose(1); again != first || !strings.Contains(first, "0") || !strings.Contains(first, "1") || choose(2) == first {
		t.Errorf("chose %s, then %s", first, again)
	}
}

// Locks and channels serve those who wait in their order, whatever the seed.
func TestSimulate_fairness(t *testing.T) {
	forSeeds(t, 50, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			var mu Mutex
			c := NewChan[int](0)
			asked, got := "", ""
			mu.Lock()
			var g Group
			for i := range 5 {
				g.Go(func() error {
					Sleep(time.Duration(s.Rand().IntN(100)) * time.Millisecond)
					asked += fmt.Sprint(i) // nothing comes between this and the queue: CheckPreempt is before
					sched.Park(s.v.H, &mu.mu, locked(&mu), sched.ParkMutex, sched.Never)
					got += fmt.Sprint(i)
					mu.Unlock()
					return nil
				})
			}
			Sleep(time.Second)
			mu.Unlock()
			g.Join()
			if asked != got {
				t.Errorf("asked for in the order %s, got in the order %s", asked, got)
			}
			Go(func() {
				for i := range 100 {
					c.Send(i)
				}
				c.Close()
			})
			next := 0
			for v := range c.All() {
				if v != next {
					t.Errorf("%d, want %d", v, next)
				}
				next++
			}
		})
	})
}

// locked locks what guards m's queue, for park.
func locked(m *Mutex) *sched.Queue {
	m.mu.Lock(sched.Here().LockID())
	return &m.queue
}

// A program with a fault that some seeds show: between reading and writing, a lock is
// given up. Each seed does the same each time.
func TestSimulate_findsLostUpdate(t *testing.T) {
	deposit := func(seed uint64) (balance int) {
		simulate(t, seed, func(s *Sim) {
			var mu Mutex
			JoinAll(Go(func() { add(&mu, &balance) }), Go(func() { add(&mu, &balance) }))
		})
		return balance
	}
	lost := 0
	forSeeds(t, 100, func(t *testing.T, seed uint64) {
		got := deposit(seed)
		if got == 1 {
			lost++
		}
		if again := deposit(seed); again != got {
			t.Errorf("%d, then %d", got, again)
		}
	})
	if lost == 0 || lost == 100 {
		t.Errorf("%d of 100 seeds show it", lost)
	}
	err := Run(func() { // as it is, the fault does not show
		var mu Mutex
		balance := 0
		JoinAll(Go(func() { add(&mu, &balance) }), Go(func() { add(&mu, &balance) }))
		if balance != 2 {
			t.Error(balance)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func add(mu *Mutex, balance *int) {
	mu.Lock()
	b := *balance
	mu.Unlock()
	mu.Lock()
	*balance = b + 1
	mu.Unlock()
}

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
	for _, want := range []string{"main: waiting for receive, for 1s", "left: waiting for mutex", "right: waiting for mutex"} {
		if !strings.Contains(d.Dump, want) {
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
		if !errors.Is(err, ErrEndless) || !cleaned || !strings.Contains(err.Error(), "main:") {
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
			if err := WaitContext(ctx); !errors.Is(err, ErrSimulated) {
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
		needSimulated("SetDeadline", a.SetDeadline(time.Now().Add(time.Hour)))
		_, err = (&Dialer{Deadline: time.Now().Add(time.Hour)}).Dial("tcp", "main:1")
		needSimulated("Dialer.Deadline", err)
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		_, err = new(Dialer).DialContext(ctx, "tcp", "main:1")
		needSimulated("DialContext", err)
	})
}

// Whoever comes from outside ends the simulation.
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
				GoAfter(time.Millisecond, func() {
					done := make(chan bool)
					go func() { f(); close(done) }()
					<-done
				})
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
