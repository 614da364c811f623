package stackful_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stackful-go/stackful"
)

// TestMove_amongGoroutines moves 1,000 stacks among 8 goroutines, beside the
// collector. Each stack verifies its own data and counts its visits.
func TestMove_amongGoroutines(t *testing.T) {
	const goroutines, stacks = 8, 1000
	visits := 20
	if testing.Short() || !stackful.Backend().Native {
		visits = 3
	}
	type traveller struct {
		s     *stackful.Stack
		count int
	}
	places := make([]chan *traveller, goroutines)
	for i := range places {
		places[i] = make(chan *traveller, stacks)
	}
	for i := range stacks {
		tr := new(traveller)
		tr.s = stackful.New(func(v any) (*stackful.Stack, any) {
			data := new([16]int)
			for n := range visits {
				data[n%16] = n
				back := v.(*stackful.Stack)
				v = back.Switch(tr)
				if data[n%16] != n || tr.count != n+2 {
					t.Errorf("visit %d: data %d, count %d", n, data[n%16], tr.count)
				}
			}
			return v.(*stackful.Stack), nil
		})
		tr.s.Detach()
		places[i%goroutines] <- tr
	}
	var travellers, workers sync.WaitGroup
	travellers.Add(stacks)
	stop := make(chan bool)
	for g := range goroutines {
		workers.Add(1)
		go func() {
			defer workers.Done()
			root := stackful.Current()
			for {
				select {
				case <-stop:
					return
				case tr := <-places[g]:
					tr.s.Attach()
					if tr.count++; tr.s.Switch(root) == nil {
						if !tr.s.Done() {
							t.Error("not done after its last visit")
						}
						travellers.Done()
						continue
					}
					tr.s.Detach()
					places[(g+tr.count)%goroutines] <- tr
				}
			}
		}()
	}
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
	travellers.Wait()
	close(stop)
	workers.Wait()
	<-collected
}

func TestMove_misuse(t *testing.T) {
	refused := func(want error, f func()) {
		t.Helper()
		defer func() {
			t.Helper()
			err, _ := recover().(error)
			if !errors.Is(err, want) {
				t.Errorf("panic %v, want %v", err, want)
			}
		}()
		f()
	}
	root := stackful.Current()
	refused(stackful.ErrRunning, root.Detach)
	refused(stackful.ErrNotInitialized, new(stackful.Stack).Detach)
	s := stackful.New(func(any) (*stackful.Stack, any) {
		refused(stackful.ErrRunning, stackful.Current().Detach)
		refused(stackful.ErrRunning, root.Detach)
		return root, nil
	})
	refused(stackful.ErrWrongGoroutine, s.Attach) // not detached
	s.Detach()
	refused(stackful.ErrWrongGoroutine, s.Detach)
	refused(stackful.ErrWrongGoroutine, func() { s.Switch(nil) })
	refused(stackful.ErrWrongGoroutine, func() { s.SwitchRun(func() any { return nil }) })
	refused(stackful.ErrWrongGoroutine, func() { s.Resume(true) })
	refused(stackful.ErrWrongGoroutine, func() {
		stackful.New(func(any) (next *stackful.Stack, out any) {
			defer func() {
				if err, ok := recover().(error); ok {
					next, out = root, stackful.OnTop(func() any { panic(err) })
				}
			}()
			return s.Switch(nil).(*stackful.Stack), nil
		}).Switch(nil)
	})
	s.Attach()
	s.Switch(nil)
	refused(stackful.ErrDone, s.Detach)
	other := make(chan *stackful.Stack)
	go func() { other <- stackful.New(func(any) (*stackful.Stack, any) { return nil, nil }) }()
	refused(stackful.ErrWrongGoroutine, (<-other).Detach)
}
