package stackful_test

import (
	"io"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful"
)

// Stacks are discarded and made again beside all readers of the stacks of parked goroutines:
// tracers as they start, stop and change generations, the goroutine profile, and the
// collector, which is always on its way here. None must find a stack that is half gone.
func TestDiscard_disturbed(t *testing.T) {
	rounds := 3000
	switch {
	case !stackful.Backend().Native:
		rounds = 20
	case testing.Short(), raceEnabled:
		rounds = 300
	}
	var stop atomic.Bool
	var others sync.WaitGroup
	beside := func(f func()) {
		others.Go(func() {
			for !stop.Load() {
				f()
			}
		})
	}
	beside(func() {
		if trace.Start(io.Discard) == nil {
			trace.Stop()
		}
	})
	beside(func() {
		r := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
		if r.Start() == nil {
			r.WriteTo(io.Discard)
			r.Stop()
		}
	})
	beside(func() { pprof.Lookup("goroutine").WriteTo(io.Discard, 0) })
	live := make([]*stack, 200)
	garbage := make([][]byte, 64)
	discarded := 0
	for i := range rounds {
		for j := range live {
			if s := live[j]; s != nil && s.Discard() {
				discarded++
			} else if s != nil {
				s.SwitchPanic("end")
			}
			live[j] = guarded(func(v any) any { return deepUp((i+j)%10, v) })
			live[j].Switch(nil)
			garbage[j%len(garbage)] = make([]byte, 4096)
		}
	}
	for _, s := range live {
		want(t, "result", s.Switch("v"), "v")
	}
	stop.Store(true)
	others.Wait()
	t.Logf("%d of %d were discarded", discarded, (rounds-1)*len(live))
}
