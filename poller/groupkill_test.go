package poller

import (
	"errors"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

func sleepLong() error { Sleep(time.Hour); return nil }

// Kill returns, and then no task is in the group, and no pending Go puts one into it.
func TestGroup_killEnds(t *testing.T) {
	for _, waiting := range []int{0, 1, 4, 20} {
		for range 20 { // the order is that of a map
			run(t, func() {
				p := NewPool(4)
				for range 4 {
					p.Go(sleepLong)
				}
				ran := false
				var starters []*Task
				var refused []*Task
				for range waiting {
					starters = append(starters, Go(func() {
						refused = append(refused, p.Go(func() error { ran = true; return sleepLong() }))
					}))
				}
				Yield()
				if err := Go(p.Kill).JoinTimeout(time.Second); err != nil {
					t.Fatalf("%d wait for room: Kill: %v", waiting, err)
				}
				if n := p.Len(); n != 0 {
					t.Errorf("%d wait for room: %d are left", waiting, n)
				}
				JoinAll(starters...)
				for _, r := range refused {
					if r.Err() != ErrKilled {
						t.Errorf("a task that was about to start: %v", r.Err())
					}
				}
				if ran || p.Len() != 0 || len(refused) != waiting {
					t.Errorf("%d wait for room: ran %v, %d in the group, %d calls of Go returned", waiting, ran, p.Len(), len(refused))
				}
				// It is as good as new.
				for range 8 {
					p.Go(func() error { Yield(); return nil })
				}
				if err := p.Join(); err != nil || p.room.Free() != 4 {
					t.Error(err, p.room.Free())
				}
			})
		}
	}
}

// Tasks that start others on their way out, in a group and in a pool.
func TestGroup_killOfThoseWhoStart(t *testing.T) {
	for _, g := range []*Group{new(Group), NewPool(3)} {
		run(t, func() {
			ran := false
			for range 3 {
				g.Go(func() error {
					defer g.Go(func() error { ran = true; return sleepLong() })
					return sleepLong()
				})
			}
			Yield()
			if err := Go(g.Kill).JoinTimeout(time.Second); err != nil || g.Len() != 0 || ran {
				t.Errorf("Kill: %v; %d left; ran: %v", err, g.Len(), ran)
			}
			ran = false
			g.Go(func() error { ran = true; return nil })
			if g.Join(); !ran {
				t.Error("nothing runs after Kill")
			}
		})
	}
}

// A loop of Go does not keep Kill from its end, nor does a task of the group that calls it.
func TestGroup_killBesideAProducer(t *testing.T) {
	run(t, func() {
		p := NewPool(2)
		producer := Go(func() {
			for {
				p.Go(sleepLong)
			}
		})
		Yield()
		if err := Go(p.Kill).JoinTimeout(time.Second); err != nil {
			t.Error(err)
		}
		producer.Kill()
		p.Kill()
		if p.Len() != 0 || p.room.Free() != 2 {
			t.Error(p.Len(), p.room.Free())
		}
		p.Go(sleepLong)
		self := p.Go(func() error { p.Kill(); return nil })
		if err := self.JoinTimeout(time.Second); err != nil || p.Len() != 0 {
			t.Error(err, p.Len())
		}
	})
}

// A Join, or a Kill, that can never end says so, or gives up.
func TestGroup_deadlock(t *testing.T) {
	run(t, func() {
		g := new(Group)
		main := Current()
		stubborn := true
		g.Go(func() error {
			for stubborn {
				func() {
					defer func() { recover() }()
					main.sched().JoinUntil(sched.Never)
				}()
			}
			return nil
		})
		if err := g.Join(); !errors.Is(err, ErrDeadlock) {
			t.Error("Join:", err)
		}
		g.Kill()
		stubborn = false
		if err := g.Join(); err != nil {
			t.Error(err)
		}
	})
}
