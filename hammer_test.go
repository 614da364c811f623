package stackful_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stackful-go/stackful"
)

// Goroutines that hammer each other's stacks get ErrWrongGoroutine each time,
// whatever the stack is doing on its own goroutine, which notices nothing.
func TestHammer_wrongGoroutine(t *testing.T) {
	const goroutines = 16
	rounds := scale(3000, 300)
	stacks := make([]*stack, goroutines)
	var ready, done sync.WaitGroup
	ready.Add(goroutines)
	for g := range goroutines {
		done.Go(func() {
			own := body(func(v any) any {
				for v != "end" {
					v = up(v)
				}
				return v
			})
			own.Switch(nil)
			stacks[g] = own
			ready.Done()
			ready.Wait()
			for n := range rounds {
				target := stacks[(g+1+n%(goroutines-1))%goroutines]
				op := operations[n%2]
				err, _ := panicOf(func() { op.do(target) }).(error)
				if !errors.Is(err, stackful.ErrWrongGoroutine) {
					t.Errorf("%s: got panic %v", op.name, err)
					break
				}
				if got := own.Switch(n); got != n {
					t.Errorf("own stack: got %v, want %d", got, n)
					break
				}
			}
		})
	}
	done.Wait()
	for _, s := range stacks {
		want(t, "Done", s.Done(), false)
	}
}

// Creating and ending from many goroutines at once, more than are cached.
func TestHammer_createAndFinish(t *testing.T) {
	const goroutines, many = 8, 40
	rounds := scale(100, 10)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range rounds {
				stacks := suspendIn(waitInProfile, many)
				for i := range stacks {
					want(t, "end", stacks[(i*7)%many].Switch(i), i)
				}
			}
		})
	}
	wg.Wait()
}
