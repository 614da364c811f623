package sched

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Simulations is the number of simulations that run in the process. While it is 0,
// VirtualHere is one load.
var Simulations atomic.Int32

// VirtualHere returns the simulation that the caller is in, nil if it is in none.
func VirtualHere() *Virtual {
	if Simulations.Load() == 0 {
		return nil
	}
	return virtualOfCaller()
}

// virtualOfCaller is the slow half of VirtualHere, which inlines because this does not.
//
//go:noinline
func virtualOfCaller() *Virtual {
	if h := Here(); h != nil {
		return h.Virtual
	}
	return nil
}

// RefuseSimulated returns an error that names what, an operation that a simulation lacks, if
// the caller is in a simulation; else nil.
func RefuseSimulated(what string) error {
	if VirtualHere() == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrSimulated, what)
}

// PanicIfSimulated is RefuseSimulated for functions without an error: it panics with it.
func PanicIfSimulated(what string) {
	if err := RefuseSimulated(what); err != nil {
		panic(err)
	}
}

// CheckSimulatedTime refuses a t that comes from time.Now, which is recognized by its reading
// of the monotonic clock: real time must not determine what happens in a simulation.
func CheckSimulatedTime(t time.Time) error {
	if t != t.Round(0) {
		return RefuseSimulated("a deadline that comes from time.Now, not poller.Now")
	}
	return nil
}

// A Virtual is the scheduler's half of a simulation: a virtual clock, which moves only when
// no task is ready, and a seed that makes each choice that timing makes otherwise. All
// of it belongs to the goroutine of H.
type Virtual struct {
	H    *Hub
	Seed uint64
	Now  int64 // the clock; the first instant is virtualStart

	order             rand.PCG // draws the next task, and preemptions
	preemptOneIn      uint64   // one in so many calls that could wait yields; 0: none does
	Switches          int      // so far
	Most              int      // Switches at which the simulation fails with ErrEndless
	switchesAtInstant int      // since the clock has jumped to a timer
	points            int      // since a task was resumed
	Contexts          []virtualContext
	Allowed           []string // operations of the standard library that are not refused

	Trace  virtualTrace
	NameOf func(*Task) string // for the trace; package simnet adds the host
	World  any                // the simulation of package poller, a *poller.Sim

	Observer VirtualObserver
}

// A virtualContext is a wait that a context may end. A function of context.AfterFunc would
// run on another goroutine, at a time that the seed does not determine. So the contexts are
// polled before each switch.
type virtualContext struct {
	done <-chan struct{}
	w    *Waiter
}

const (
	virtualStart = 1 // instant 0 is Never

	// maxSwitches bounds a simulation whose tasks never end.
	maxSwitches = 20_000_000

	// maxSwitchesAtInstant bounds the switches between two jumps of the clock: tasks that
	// poll in a loop of Yield would keep it from moving for ever, or, in a patched program, from
	// moving by more than the little that they move it.
	maxSwitchesAtInstant = 10_000
)

// VirtualEpoch is the time at virtualStart. It has no monotonic reading, by which deadlines
// from time.Now are recognized.
var VirtualEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// NewVirtual returns the scheduler of a simulation with the seed, on a new hub without a
// selector.
func NewVirtual(seed uint64) *Virtual {
	s := &Virtual{Seed: seed, Now: virtualStart, Most: maxSwitches, Trace: newVirtualTrace(), NameOf: (*Task).Name}
	s.order.Seed(seed, 1)
	s.preemptOneIn = [...]uint64{0, 16, 4, 2}[Draw(&s.order, 4)]
	s.H = newOf(NoSelector{})
	s.H.Virtual = s
	s.H.now = s.Now
	s.H.preemptIdle = preemptRandom
	s.H.Ready.usePriorities() // so that the root loop chooses each task, by popLevel, which asks s
	s.H.Ready.others.sim = s
	return s
}

// virtualEpochNano is VirtualEpoch, less virtualStart, in nanoseconds since 1970.
var virtualEpochNano = VirtualEpoch.UnixNano() - virtualStart

// SetVirtualEpoch has simulations begin at another time. It is called while the packages are initialized.
func SetVirtualEpoch(t time.Time) {
	VirtualEpoch = t.UTC().Round(0)
	virtualEpochNano = VirtualEpoch.UnixNano() - virtualStart
}

// Draw returns a number from 0 to n-1. It is the same on all systems and in all
// releases of Go, which rand.Rand does not promise.
func Draw(from *rand.PCG, n int) int {
	return int(Scale(from.Uint64(), uint64(n)))
}

// Scale maps x, which is uniform over all numbers, to one from 0 to n-1.
func Scale(x, n uint64) uint64 {
	high, _ := bits.Mul64(x, n)
	return high
}

// Inside panics if the caller is not in the simulation.
func (s *Virtual) Inside() {
	if Here() != s.H {
		fault.Usage("a Sim was used outside of its simulation")
	}
}

// instant returns the clock, for the running task.
func (s *Virtual) instant() int64 {
	if s.H.patched {
		return max(s.Now, s.H.rt.Now-virtualEpochNano)
	}
	return s.Now
}

// wall returns the time of day.
func (s *Virtual) wall() time.Time {
	return VirtualEpoch.Add(time.Duration(s.instant() - virtualStart))
}

// choose draws which of n ready tasks or cases is taken, from 0 to n-1.
func (s *Virtual) choose(n int) int {
	if n == 1 {
		return 0
	}
	return Draw(&s.order, n)
}

// preempts draws whether the running task yields, at a call in which its time slice could be
// over.
func (s *Virtual) preempts() bool {
	if s.preemptOneIn == 0 || s.H.Ready.Len() == 0 || Draw(&s.order, int(s.preemptOneIn)) != 0 {
		return false
	}
	if s.Observer.yields != nil {
		s.Observer.yields()
	}
	return true
}

// Note adds an event at the current instant to the hash. number and text identify it.
func (s *Virtual) Note(kind Event, number uint64, text string) {
	s.Trace.mix(uint64(kind))
	s.Trace.mix(uint64(s.Now))
	s.Trace.mix(number)
	s.Trace.mixText(text)
}

// Tell writes a line to the trace, if there is a writer.
func (s *Virtual) Tell(format string, args ...any) {
	if s.Trace.W != nil {
		if s.Observer.flush != nil {
			s.Observer.flush()
		}
		s.tellAt(s.passed(), fmt.Sprintf(format, args...))
	}
}

// tellAt writes a line of an instant to the writer, which there is.
func (s *Virtual) tellAt(at time.Duration, text string) {
	fmt.Fprintf(s.Trace.W, "%12.6f  %s\n", at.Seconds(), text)
}

// passed is the time since the beginning.
func (s *Virtual) passed() time.Duration { return time.Duration(s.Now - virtualStart) }

// A VirtualObserver is what an observer wants to be told. The functions are called on the hub's goroutine, and must not wait.
type VirtualObserver struct {
	// Switches is called at each switch to a task, once that is part of the hash; nil: is not called.
	Switches func()

	// Failed is called on the root stack when the simulation has failed, before its tasks are killed; nil: is not called.
	Failed func(err error)

	yields func() // is called in a task that is about to give way by chance; nil: is not called
	flush  func() // writes what has been held back; nil: nothing is
	timers bool   // timers of package runtime have run since the last task switched away
}

// Passed returns the virtual time since the beginning.
func (s *Virtual) Passed() time.Duration { return s.passed() }

// failed tells the observer that the simulation has failed.
func (s *Virtual) failed(err error) {
	if s.Observer.flush != nil {
		s.Observer.flush()
	}
	if s.Observer.Failed != nil {
		s.Observer.Failed(err)
	}
}
