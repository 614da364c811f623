package sched

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Simulations is how many there are in the process.
var Simulations atomic.Int32

// VirtualHere returns the simulation that the caller is in, nil if it is in none.
func VirtualHere() *Virtual {
	if Simulations.Load() == 0 {
		return nil
	}
	return virtualOfCaller()
}

// virtualOfCaller is VirtualHere for when there are simulations in the process. It is not made
// part of that, so that that becomes part of its callers.
//
//go:noinline
func virtualOfCaller() *Virtual {
	if h := Here(); h != nil {
		return h.Virtual
	}
	return nil
}

// RefuseSimulated returns an error if the caller is in a simulation.
func RefuseSimulated(what string) error {
	if VirtualHere() == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrSimulated, what)
}

// PanicIfSimulated panics if the caller is in a simulation.
func PanicIfSimulated(what string) {
	if err := RefuseSimulated(what); err != nil {
		panic(err)
	}
}

// CheckSimulatedTime refuses a t that comes from time.Now: it tells by its reading of the
// monotonic clock.
func CheckSimulatedTime(t time.Time) error {
	if t != t.Round(0) {
		return RefuseSimulated("a deadline that comes from time.Now, not poller.Now")
	}
	return nil
}

// A Virtual is the scheduler's half of a simulation: a clock, and chance in the place of time.
type Virtual struct {
	H    *Hub
	Seed uint64
	Now  int64 // the clock; the first instant is virtualStart

	order             rand.PCG // who runs next
	preemptOneIn      uint64   // one in so many calls that could wait gives way; 0: none does
	Switches          int
	Most              int // switches
	switchesAtInstant int // switches since the clock has moved
	Contexts          []virtualContext

	Trace  virtualTrace
	NameOf func(*Task) string // for the trace
	World  any                // what the simulation is to package poller
}

const (
	virtualStart         = 1 // instant 0 is Never
	maxSwitches          = 20_000_000
	maxSwitchesAtInstant = 10_000
)

// VirtualEpoch is the time at virtualStart. It has no monotonic reading, by which deadlines from
// time.Now are told.
var VirtualEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func NewVirtual(seed uint64) *Virtual {
	s := &Virtual{Seed: seed, Now: virtualStart, Most: maxSwitches, Trace: newVirtualTrace(), NameOf: (*Task).Name}
	s.order.Seed(seed, 1)
	s.preemptOneIn = [...]uint64{0, 16, 4, 2}[Draw(&s.order, 4)]
	s.H = newOf(NoSelector{})
	s.H.Virtual = s
	s.H.now = s.Now
	s.H.preemptIdle = preemptRandom
	s.H.Ready.usePriorities() // so that home finds each next task by popLevel, which asks s
	s.H.Ready.others.sim = s
	return s
}

// Draw returns a number from 0 to n-1. It is the same on all systems and in all
// releases of Go, which rand.Rand does not promise.
func Draw(from *rand.PCG, n int) int {
	return int(Scale(from.Uint64(), uint64(n)))
}

// Inside panics if the caller is not in the simulation.
func (s *Virtual) Inside() {
	if Here() != s.H {
		fault.Usage("a Sim was used outside of its simulation")
	}
}

// wall returns the time of day.
func (s *Virtual) wall() time.Time { return VirtualEpoch.Add(time.Duration(s.Now - virtualStart)) }
