//go:build linux && !poller_std

package poller

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Goroutines send on all channels of the selects that tasks wait in: of several that find one
// select, one wins, and no value gets lost.
func TestHammerPatched_selectsWon(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	const tasks = 8
	rounds := 20_000
	if testing.Short() {
		rounds = 4_000
	}
	var c [4]chan int
	for i := range c {
		c[i] = make(chan int)
	}
	var sent atomic.Int64
	quit := make(chan struct{})
	var senders sync.WaitGroup
	for _, c := range c {
		senders.Go(func() {
			for {
				select {
				case c <- 1:
					sent.Add(1)
				case <-quit:
					return
				}
			}
		})
	}
	received := 0
	needNil(t, Run(func() {
		var g Group
		for range tasks {
			g.Go(func() error {
				for range rounds {
					n := 0
					select {
					case n = <-c[0]:
					case n = <-c[1]:
					case n = <-c[2]:
					case n = <-c[3]:
					}
					received += n
				}
				return nil
			})
		}
		needNil(t, g.Join())
	}))
	close(quit)
	senders.Wait()
	if n := int(sent.Load()); received != tasks*rounds || n != received {
		t.Errorf("%d sent, %d received in %d rounds", n, received, tasks*rounds)
	}
}

// Waits are ended by their limits just as a goroutine sends to them: one of the two wins, and no
// value gets lost.
func TestHammerPatched_endedAsTheyCome(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	d := 2 * time.Second
	if testing.Short() {
		d = 300 * time.Millisecond
	}
	for name, wait := range map[string]func(c, never chan int) int{
		"receive": func(c, _ chan int) int { return <-c },
		"select": func(c, never chan int) int {
			select {
			case n := <-c:
				return n
			case n := <-never:
				return n
			}
		},
	} {
		c, never, quit := make(chan int), make(chan int), make(chan struct{})
		var sent atomic.Int64
		var sender sync.WaitGroup
		sender.Go(func() {
			for {
				select {
				case c <- 1:
					sent.Add(1)
					for began := time.Now(); time.Since(began) < 5*time.Microsecond; {
					}
				case <-quit:
					return
				}
			}
		})
		received, ended, end := 0, 0, time.Now().Add(d)
		needNil(t, Run(func() {
			for i := 0; time.Now().Before(end); i++ {
				n := 0
				err := WithTimeout(time.Duration(i%20)*time.Microsecond, func() error { n = wait(c, never); return nil })
				if err != nil {
					ended++
				}
				received += n
			}
		}))
		close(quit)
		sender.Wait()
		if n := int(sent.Load()); received != n || n == 0 || ended == 0 {
			t.Errorf("%s: %d sent, %d received, %d waits ended", name, n, received, ended)
		}
	}
}

// The same for data that comes in a pipe.
func TestHammerPatched_readEndedAsItComes(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	d := 2 * time.Second
	if testing.Short() {
		d = 300 * time.Millisecond
	}
	r, w, err := os.Pipe()
	needNil(t, err)
	defer r.Close()
	var sent atomic.Int64
	var writer sync.WaitGroup
	var quit atomic.Bool
	writer.Go(func() {
		for !quit.Load() {
			w.Write([]byte{1})
			sent.Add(1)
			for began := time.Now(); time.Since(began) < 5*time.Microsecond; {
			}
		}
		w.Close()
	})
	received, ended := 0, 0
	needNil(t, Run(func() {
		b := make([]byte, 1)
		for i, end := 0, time.Now().Add(d); time.Now().Before(end); i++ {
			err := WithTimeout(time.Duration(i%20)*time.Microsecond, func() error {
				n, err := r.Read(b)
				received += n
				return err
			})
			if err != nil {
				ended++
			}
		}
		quit.Store(true)
		rest, err := io.ReadAll(r)
		needNil(t, err)
		received += len(rest)
	}))
	writer.Wait()
	if n := int(sent.Load()); received != n || n == 0 || ended == 0 {
		t.Errorf("%d sent, %d received, %d reads ended", n, received, ended)
	}
}
