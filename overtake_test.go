//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (amd64 || arm64) && (linux || darwin || freebsd)

package stackful

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
)

// Two stacks change carriers only if each of them is scanned all the same, and each
// keeps what it has.
func TestGC_overtake(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		root := Current()
		var deferred [3]int
		suspend := func(i int, carrier uintptr) *Stack {
			lend(carrier)
			s := New(func(any) (*Stack, any) {
				for range i { // a list of its own length
					defer func() { deferred[i]++ }()
				}
				if l := hold(func() { root.Switch(nil) }); l != "" {
					lost = l
				}
				return nil, nil
			})
			s.Switch(nil)
			return s
		}
		late, other := suspend(0, w.takeLate()), suspend(1, w.takeLate())
		early := suspend(2, w.takeEarly())
		free := w.takeLate()
		if met = w.open(); met {
			wrong := ""
			x, y, z := late.carrier(), other.carrier(), early.carrier()
			if !overtake(late, y, offerToken(), false) || late.carrier() != y || other.carrier() != x {
				wrong = "two stacks that are still to be scanned did not change carriers"
			}
			if overtake(late, z, offerToken(), false) {
				wrong = "a stack that is not scanned came to a carrier that has been"
			}
			if overtake(early, y, offerToken(), false) {
				wrong = "a stack that is not scanned was moved to a carrier that has been"
			}
			if !overtake(early, free, offerToken(), true) || early.carrier() != free {
				wrong = "a stack that is scanned did not go to a free carrier"
			} else {
				free = z
			}
			if met = !scanned(asm.G()) && !scanned(w.last); met && wrong != "" {
				lost = wrong
			}
		}
		pool.put([]uintptr{free})
		w.close()
		for _, s := range []*Stack{late, other, early} {
			s.Switch(nil)
		}
		if deferred != [3]int{0, 1, 2} {
			t.Errorf("stacks ran %v deferred calls", deferred)
		}
		return met, lost
	})
}

// A stack that would have to wait long for the collector is brought forward: it is
// found on another carrier than where it was left.
func TestGC_bringsForward(t *testing.T) {
	switch {
	case !native:
		t.Skip("needs the native backend: " + portableReason)
	case os.Getenv("GODEBUG") != "":
		t.Skip("the collector may do all its work while the world is stopped")
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		const n = 2000
		root := Current()
		var stacks [n]*Stack
		var left [n]uintptr
		over := false
		for i := range stacks {
			stacks[i] = New(func(any) (*Stack, any) {
				for !over {
					root.Switch(nil)
				}
				return nil, nil
			})
			stacks[i].Switch(nil)
			left[i] = stacks[i].carrier()
		}
		stop := make(chan bool)
		collected := make(chan bool)
		go func() {
			defer close(collected)
			for {
				select {
				case <-stop:
					return
				default:
					runtime.GC()
				}
			}
		}()
		moved := 0
		for end := time.Now().Add(20 * time.Second); moved == 0 && time.Now().Before(end); {
			for i, s := range stacks {
				if s.carrier() != left[i] {
					moved++
				}
				s.Switch(nil)
				left[i] = s.carrier()
			}
		}
		close(stop)
		<-collected
		over = true
		for _, s := range stacks {
			s.Switch(nil)
		}
		if moved == 0 {
			t.Error("no stack was brought forward")
		}
	}()
	<-done
}
