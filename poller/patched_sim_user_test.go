//go:build linux && !poller_std

package poller_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

// These are tests of a package of its own, as it is the code of users that gives way at locks and channels.

// A task that polls does not keep the others from running, nor the clock from moving.
func TestPatchedSim_polling(t *testing.T) {
	needPatch(t)
	for seed := range uint64(8) {
		simulated(t, poller.Simulate(seed, func(s *poller.Sim) {
			done := make(chan bool)
			time.AfterFunc(10*time.Millisecond, func() { close(done) })
			for polling := true; polling; {
				select {
				case <-time.After(0):
				case <-done:
					polling = false
				}
			}
			if n := runtime.NumGoroutine(); n != 1 {
				t.Errorf("%d goroutines", n)
			}
			if buf := make([]byte, 1<<16); strings.Contains(string(buf[:runtime.Stack(buf, true)]), "\n\ngoroutine ") {
				t.Errorf("more than one goroutine:\n%s", buf)
			}
		}))
	}
}

func needPatch(t *testing.T) {
	t.Helper()
	if err := patch.Require(); err != nil {
		t.Skip(err)
	}
}

func simulated(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// An update that is lost only if another task runs between two critical sections is lost with some seed.
func TestPatchedSim_points(t *testing.T) {
	needPatch(t)
	lost := map[string]int{}
	for seed := range uint64(100) {
		for name, update := range map[string]func(read func() int, write func(int)){
			"a lock": func(read func() int, write func(int)) {
				var mu sync.Mutex
				mu.Lock()
				v := read()
				mu.Unlock()
				mu.Lock()
				write(v + 1)
				mu.Unlock()
			},
			"a reader's lock": func(read func() int, write func(int)) {
				var mu sync.RWMutex
				v := read()
				mu.RLock()
				write(v + 1)
				mu.RUnlock()
			},
			"a channel": func(read func() int, write func(int)) {
				v := read()
				make(chan int, 1) <- v
				write(v + 1)
			},
			"a go statement": func(read func() int, write func(int)) {
				v := read()
				go func() {}()
				write(v + 1)
			},
		} {
			n := 0
			simulated(t, poller.Simulate(seed, func(*poller.Sim) {
				var wg sync.WaitGroup
				for range 2 {
					wg.Add(1)
					go func() {
						defer wg.Done()
						update(func() int { return n }, func(v int) { n = v })
					}()
				}
				wg.Wait()
			}))
			if n != 2 {
				lost[name]++
			}
		}
	}
	if len(lost) != 4 {
		t.Errorf("updates were lost: %v", lost)
	}
}
