//go:build linux && !poller_std

package poller

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Tasks of several hubs and goroutines do everything at once to a few connections,
// which are closed and made anew all the while. Nothing may hang, and who reads
// gets what was written.
func TestHammerPatched(t *testing.T) {
	needPatched(t)
	r := rng(t)
	end := time.Now().Add(500 * time.Millisecond)
	type slot struct {
		mu     sync.Mutex
		c1, c2 net.Conn
	}
	slots := make([]slot, 4)
	get := func(s *slot) (c1, c2 net.Conn) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.c1, s.c2
	}
	var calls, closes atomic.Int64
	act := func(seed uint64, replaces bool) {
		x := seed | 1
		b := make([]byte, 64)
		for time.Now().Before(end) {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			s := &slots[x%uint64(len(slots))]
			c, d := get(s)
			calls.Add(1)
			switch x >> 8 % 16 {
			case 0, 1, 2, 3:
				n, _ := c.Read(b)
				if len(bytes.Trim(b[:n], "x")) > 0 {
					t.Errorf("got %q", b[:n])
				}
			case 4, 5, 6, 7, 8:
				io.WriteString(d, "xxxxxxxx")
			case 9:
				c.SetDeadline(time.Now().Add(time.Duration(x>>16%2000) * time.Microsecond))
			case 10:
				d.SetDeadline(time.Now().Add(time.Millisecond))
			case 11:
				c.SetDeadline(time.Now().Add(-1))
			case 12:
				time.Sleep(time.Duration(x >> 16 % 50000))
			case 13:
				if replaces && x>>16%8 == 0 {
					c1, c2, err := makePair("std tcp", "")
					if err != nil {
						continue
					}
					s.mu.Lock() // not across what parks
					old1, old2 := s.c1, s.c2
					s.c1, s.c2 = c1, c2
					s.mu.Unlock()
					old1.Close()
					old2.Close()
					closes.Add(1)
				}
			default:
				c.SetReadDeadline(time.Now().Add(time.Millisecond))
				c.Read(b)
			}
		}
	}
	for i := range slots {
		c1, c2, err := makePair("std tcp", "")
		needNil(t, err)
		slots[i].c1, slots[i].c2 = c1, c2
	}
	// At the end all deadlines pass, so that nobody waits.
	var all sync.WaitGroup
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				for i := range slots {
					c1, c2 := get(&slots[i])
					c1.SetDeadline(time.Unix(1, 0))
					c2.SetDeadline(time.Unix(1, 0))
				}
			}
		}
	}()
	for range 3 {
		seeds := [3]uint64{r.Uint64(), r.Uint64(), r.Uint64()}
		all.Go(func() {
			run(t, func() {
				var tasks []*Task
				for i, s := range seeds {
					tasks = append(tasks, Go(func() { act(s, true) }))
					victim := Go(func() { act(s+uint64(i)+1, false) })
					Go(func() { time.Sleep(time.Duration(s>>20) % (100 * time.Millisecond)); victim.Kill() })
				}
				JoinAll(tasks...)
			})
		})
		seed := r.Uint64()
		all.Go(func() { act(seed, true) })
	}
	all.Wait()
	close(stop)
	<-ended
	for i := range slots {
		slots[i].c1.Close()
		slots[i].c2.Close()
	}
	t.Logf("%d calls, %d connections replaced", calls.Load(), closes.Load())
}
