//go:build linux && !poller_std

package poller

import (
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A wake-up by another goroutine comes at every moment of the way on which a task parks and its hub
// goes to rest: it is neither lost nor does it resume something else.
func TestHammerPatched_wokenOnTheWay(t *testing.T) {
	needPatched(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4)) // for the hub, the waker, and a thread that waits in the runtime's poller
	defer func(old int64) { sched.IdleLook = old }(sched.IdleLook)
	sched.IdleLook = int64(time.Hour) // else a lost wake-up is found when the hub looks for a deadlock
	rounds := 60_000
	if testing.Short() {
		rounds = 20_000
	}
	for name, ends := range map[string]func(t *testing.T) (wait, wake func()){
		"channel": func(*testing.T) (wait, wake func()) {
			c := make(chan bool)
			return func() { <-c }, func() { c <- true }
		},
		"Queue": func(*testing.T) (wait, wake func()) {
			var q Queue[int]
			return func() { q.Get() }, func() { q.Put(1) }
		},
		"pipe": func(t *testing.T) (wait, wake func()) {
			r, w, err := os.Pipe()
			needNil(t, err)
			t.Cleanup(func() { r.Close(); w.Close() })
			b, x := make([]byte, 1), []byte("x")
			return func() { r.Read(b) }, func() { w.Write(x) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			progress := mustEnd(t)
			wait, wake := ends(t)
			r := rng(t)
			seeds := [2]uint64{r.Uint64(), r.Uint64()}
			var turn atomic.Int64 // 2i: the task is about to wait for the i-th time; odd: it has waited
			ended := make(chan bool)
			go func() {
				defer close(ended)
				random := rand.New(rand.NewPCG(seeds[0], 0))
				for i := range int64(rounds) {
					for turn.Load() != 2*i {
						runtime.Gosched()
					}
					pause(random.IntN(8000))
					wake()
					if i%1000 == 0 {
						progress()
					}
				}
			}()
			inPatched(t, func() {
				l, err := Listen("tcp", "127.0.0.1:0") // for a descriptor in the hub's selector
				needNil(t, err)
				defer l.Close()
				Go(func() { l.Accept() })
				random := rand.New(rand.NewPCG(seeds[1], 1))
				for i := range int64(rounds) {
					turn.Store(2 * i)
					pause(random.IntN(4000))
					wait()
					turn.Store(2*i + 1)
				}
			})
			<-ended
		})
	}
}

// pause spins for some nanoseconds.
func pause(ns int) {
	for start := time.Now(); time.Since(start) < time.Duration(ns); {
	}
}

// spinUntil returns as soon as round has come to r.
func spinUntil(round *atomic.Int64, r int64) {
	for n := 0; round.Load() < r; n++ {
		if n > 10_000 {
			runtime.Gosched()
		}
	}
}

// Tasks that two threads wake in the same moment are both woken.
func TestHammerPatched_wokenTogether(t *testing.T) {
	needPatched(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	progress := mustEnd(t)
	rounds := int64(60_000)
	if testing.Short() {
		rounds = 20_000
	}
	const wakers = 2
	var round, waiting atomic.Int64
	var channels [wakers]chan bool
	for i := range channels {
		channels[i] = make(chan bool)
		go func() {
			for r := int64(1); r <= rounds; r++ {
				spinUntil(&round, r) // all of them go on at once
				channels[i] <- true
			}
		}()
	}
	inPatched(t, func() {
		var g Group
		for i := range channels {
			g.GoFunc(func() {
				for r := int64(1); r <= rounds; r++ {
					if waiting.Add(1) == wakers*r {
						round.Store(r)
					}
					<-channels[i]
					if r%1000 == 0 {
						progress()
					}
				}
			})
		}
		needNil(t, g.Join())
	})
}

// A task is woken by another thread as soon as it has parked, while its own thread still reads the list of those that
// it has woken itself before: it is ready once, after all that belongs to its wait.
func TestHammerPatched_wokenBesideOthers(t *testing.T) {
	needPatched(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	progress := mustEnd(t)
	rounds := int64(20_000)
	if testing.Short() {
		rounds = 5_000
	}
	far := make(chan int64)
	var round atomic.Int64
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for r := int64(1); r <= rounds; r++ {
			spinUntil(&round, r)
			for sent := false; !sent; { // it takes the lock of the channel only after a task waits there
				select {
				case far <- r:
					sent = true
				default:
				}
			}
		}
	}()
	inPatched(t, func() {
		near := make([]chan bool, 128) // the longer the list is, the more often a wake-up comes meanwhile
		woken := 0
		var g Group
		for i := range near {
			near[i] = make(chan bool)
			g.GoFunc(func() {
				for range near[i] {
					woken++
				}
			})
		}
		for r := int64(1); r <= rounds; r++ {
			for _, c := range near {
				c <- true
			}
			round.Store(r)
			if got := <-far; got != r {
				t.Fatalf("the %d-th wait got the value of the %d-th", r, got)
			}
			if r%1000 == 0 {
				progress()
			}
		}
		for _, c := range near {
			close(c)
		}
		needNil(t, g.Join())
		if want := int(rounds) * len(near); woken != want {
			t.Errorf("%d wake-ups of the others, want %d", woken, want)
		}
	})
	<-ended
}
