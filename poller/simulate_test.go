package poller

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// Time passes for tasks that wait by Yield alone.
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

// Locks and channels serve their waiters in order, whatever the seed.
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
