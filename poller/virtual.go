package poller

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// simulations is how many there are in the process.
var simulations atomic.Int32

// virtualHere returns the simulation that the caller is in, nil if it is in none.
func virtualHere() *virtual {
	if simulations.Load() == 0 {
		return nil
	}
	return simOfCaller()
}

// simOfCaller is virtualHere for when there are simulations in the process. It is not made
// part of that, so that that becomes part of its callers.
//
//go:noinline
func simOfCaller() *virtual {
	if h := currentHub(); h != nil {
		return h.sim
	}
	return nil
}

// simRefuse returns an error if the caller is in a simulation.
func simRefuse(what string) error {
	if virtualHere() == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrSimulated, what)
}

// simMustNot panics if the caller is in a simulation.
func simMustNot(what string) {
	if err := simRefuse(what); err != nil {
		panic(err)
	}
}

// simCheckTime refuses a t that comes from time.Now: it tells by its reading of the
// monotonic clock.
func simCheckTime(t time.Time) error {
	if t != t.Round(0) {
		return simRefuse("a deadline that comes from time.Now, not poller.Now")
	}
	return nil
}

// A virtual is the scheduler's half of a simulation: a clock, and chance in the place of time.
type virtual struct {
	h    *hub
	seed uint64
	now  int64 // the clock; the first instant is simStart

	order    rand.PCG // who runs next
	rest     uint64   // one in so many calls that could wait gives way; 0: none does
	switches int
	most     int // switches
	stays    int // switches since the clock has moved
	contexts []simContext

	trace  simTrace
	nameOf func(*Task) string // for the trace
	world  any                // what the simulation is to package poller
}

const (
	simStart        = 1 // instant 0 is noInstant
	simMostSwitches = 20_000_000
	simMostStays    = 10_000
)

// simEpoch is the time at simStart. It has no monotonic reading, by which deadlines from
// time.Now are told.
var simEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func newVirtual(seed uint64) *virtual {
	s := &virtual{seed: seed, now: simStart, most: simMostSwitches, trace: newSimTrace(), nameOf: (*Task).Name}
	s.order.Seed(seed, 1)
	s.rest = [...]uint64{0, 16, 4, 2}[draw(&s.order, 4)]
	s.h = newHubOf(simSelector{})
	s.h.sim = s
	s.h.now = s.now
	s.h.calm = dueChance
	s.h.ready.usePriorities() // so that home finds each next task by popLevel, which asks s
	s.h.ready.others.sim = s
	return s
}

// draw returns a number from 0 to n-1. It is the same on all systems and in all
// releases of Go, which rand.Rand does not promise.
func draw(from *rand.PCG, n int) int {
	return int(scale(from.Uint64(), uint64(n)))
}

// inside panics if the caller is not in the simulation.
func (s *virtual) inside() {
	if currentHub() != s.h {
		fault.Usage("a Sim was used outside of its simulation")
	}
}

// wall returns the time of day.
func (s *virtual) wall() time.Time { return simEpoch.Add(time.Duration(s.now - simStart)) }
