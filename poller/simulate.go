package poller

import (
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/simnet"
)

// Simulate runs main as Run does, but in a world of its own in which everything is
// determined by the seed: a clock that only moves when all tasks wait, an order of the
// tasks, and a network in memory. The same program with the same seed does the same,
// whenever and wherever it runs, and has the same trace; another seed gives another
// schedule. So a fault that one in a thousand seeds shows is found by running a thousand,
// and is reproduced by running that seed. Package simtest does this in a test.
//
// Differences from Run:
//
//   - Time. The clock begins at midnight of 1 January 2000 UTC, see Now, and stands
//     still while a task can run; when none can, it jumps to the next timer. (If tasks
//     do not stop running, by Yield, say, it goes on after 10,000 switches.) An hour of
//     sleep takes no time.
//   - The order of tasks. Of the ready tasks of one priority, one is chosen at random; and
//     where a time slice could be over, in any call that could wait, chance decides whether
//     it is. The rules of priorities hold, and locks, channels and connections serve their
//     waiters in order of arrival.
//   - The network. Listen, Dial and ListenPacket, for TCP and UDP, are those of the
//     simulation's hosts, see Sim.Go, whose names stand for them; ports are numbers.
//     Connections are of other types than Conn, Listener and PacketConn, with the methods
//     of net.TCPConn and net.UDPConn that do not need a descriptor, and WaitReadable.
//     Errors are those of the system, such as ECONNRESET.
//   - Endless waits. If no task can run and there is no timer, Simulate returns a
//     *DeadlockError. After very many switches, see Sim.SetMaxSwitches, it returns
//     ErrEndless.
//   - The world outside. Operations that depend on it fail with ErrSimulated, in RecvFrom,
//     SendTo and Signals as a panic: files, processes, Unix sockets, other descriptors,
//     signals, waiting for a Go channel, and instants that come from time.Now as deadlines;
//     also ListenConfig's limits, which are not simulated. A context with a deadline is
//     refused by WaitContext and DialContext, too: it would end in real time; use
//     WithTimeout. If another goroutine wakes a task, the simulation ends and Simulate
//     returns ErrSimulated.
//   - Await calls its function in the task, and the clock stands still: so the function may
//     use this package, but it must not wait for another task by other means, and the
//     program is deterministic only if the function is. Its calls of this package are part
//     of the simulation.
//
// Simulate does not control the other sources of nondeterminism: time.Now, the global
// functions of math/rand, crypto/rand, the order of a map's range, a select statement,
// goroutines, package net. Use Now, Sim.Rand and sorted keys.
//
// In a program that `stackful build` or `stackful test` has built it does, so that main may be ordinary code that knows
// nothing of this package: a go statement, or time.AfterFunc, starts a task; what waits in a channel, a select or package
// sync, or for package time, parks its task; time.Now tells the simulation's clock (and has no monotonic reading); which
// ready case a select takes, the order of a map, the random numbers of math/rand, math/rand/v2, hash/maphash and crypto/rand follow from the
// seed; package net's connections are those of the simulation's network; runtime.GOMAXPROCS and NumCPU are 4; and a
// sync.Pool keeps nothing, as what it keeps depends on the collector. Any channel operation, Lock, go statement and the like of code
// that is not the standard library's may let another task run first, as chance decides. Processes and os.Pipe
// are refused, see Sim.Allow; files, and all that is not mentioned here, are the system's. A data race, finalizers, the order of a
// map with pointers in its keys and more than eight elements, and goroutines that were started before are out of its reach. Tasks that still
// wait when main returns are killed, and those that wait in package sync, which cannot be, are left behind.
//
// Its result is that of Run, or one of the errors above. Several simulations may run at
// the same time, on goroutines of their own.
func Simulate(seed uint64, main func(*Sim)) error {
	if main == nil {
		fault.Usage("Simulate of a nil function")
	}
	if sched.Here() != nil {
		return ErrRunning
	}
	sched.Simulations.Add(1)
	defer sched.Simulations.Add(-1)
	s := newSim(seed)
	return s.v.H.RunTasks(sched.Options{TimeSlice: -1}, func() {
		s.net.Main.Adopt(s.v.H.Current)
		sched.NoteEntry(main)
		main(s)
	})
}

var (
	// ErrSimulated is the error of an operation that a simulation refuses, since its result
	// would depend on the world outside.
	ErrSimulated = sched.ErrSimulated

	// ErrEndless is the result of a Simulate that has made too many switches.
	ErrEndless = sched.ErrEndless
)

// A Sim is a simulation, see Simulate. Its methods are for the tasks of the simulation,
// and panic elsewhere; but Seed, Switches and Hash may be called after the end, too.
type Sim struct {
	v    *sched.Virtual
	net  *simnet.Net
	user *rand.Rand // for the program
}

// newSim returns a simulation with the seed, which has not been run.
func newSim(seed uint64) *Sim {
	v := sched.NewVirtual(seed)
	s := &Sim{v, simnet.New(v), rand.New(rand.NewPCG(seed, 3))}
	v.World = s
	return s
}

// CurrentSim returns the simulation that the caller is in, nil if it is in none. So a test that `stackful test -sim` runs,
// and that is not given a Sim, reaches its hosts and the faults of its network.
func CurrentSim() *Sim {
	if v := sched.VirtualHere(); v != nil {
		return v.World.(*Sim)
	}
	return nil
}

// Seed returns the seed.
func (s *Sim) Seed() uint64 { return s.v.Seed }

// Rand returns a source of random numbers for the program, which depends on the seed alone.
// Drawing from it does not change the random choices of the simulation.
func (s *Sim) Rand() *rand.Rand {
	s.v.Inside()
	return s.user
}

// Switches returns how often a task was switched to so far.
func (s *Sim) Switches() int { return s.v.Switches }

// Allow has operations of the standard library, by their names, not be refused: "os.StartProcess" and "os.Pipe". Then
// the program must see to it that they do the same each time. While a task waits for their results no
// other runs, and the clock stands still.
func (s *Sim) Allow(operations ...string) {
	s.v.Inside()
	s.v.Allowed = append(s.v.Allowed, operations...)
}

// SetMaxSwitches sets after how many switches the simulation ends with ErrEndless:
// 20 million at first, which take some seconds.
func (s *Sim) SetMaxSwitches(n int) {
	s.v.Inside()
	if n < 1 {
		fault.Usage("SetMaxSwitches below 1")
	}
	s.v.Most = n
}

// Hash returns a hash of all events so far: switches of tasks and packets of the network.
// Equal runs have equal hashes.
func (s *Sim) Hash() uint64 { return s.v.Trace.Hash }

// SetTrace writes all events from now on to w, a line for each; nil ends that. Errors of w
// are ignored. w must not wait.
func (s *Sim) SetTrace(w io.Writer) {
	s.v.Inside()
	s.v.Trace.W = w
}

// Tracef adds an event of the program to the trace, and so to Hash.
func (s *Sim) Tracef(format string, args ...any) {
	s.v.Inside()
	text := fmt.Sprintf(format, args...)
	s.v.Note(sched.EventSaid, 0, text)
	s.v.Tell("%s", text)
}
