package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Sleep parks the task for at least d, and other tasks run meanwhile. A d of
// zero or less is Yield. In a goroutine without a hub it is time.Sleep.
func Sleep(d time.Duration) { sched.Sleep(d) }

// Yield lets every ready task run, in order, before it returns; but tasks of lower priority
// only now and then, see Task.SetPriority. Descriptors and timers are polled every so often; YieldIO polls
// them always. In a goroutine without a hub it is runtime.Gosched.
func Yield() { sched.Yield() }

// YieldIO is Yield after a poll of descriptors, timers, and wake-ups from other goroutines.
func YieldIO() { sched.YieldIO() }

// Checkpoint is for tasks that compute for long: if the task has used up its time
// slice, or one of higher priority is ready, the others run first; if it is
// to be interrupted, by Kill or WithTimeout, that is raised here. Otherwise, and in
// a goroutine without a hub, it does nothing, which takes a few nanoseconds.
//
// The other calls that could wait (Lock, Send, Join, Read and the like) yield in the same
// cases, whether or not they have to wait; calls that cannot wait (Unlock, TrySend, Go and
// the like) never do.
//
// A time slice is noticed to be over when the task has run for between one and two
// times its length, see Options.TimeSlice. A task that calls nothing of this
// package is not interrupted.
func Checkpoint() { sched.Checkpoint() }

// Now returns the time: of the clock of the simulation in which it is called, see Simulate;
// elsewhere it is time.Now. Tasks that are to be simulated must call it in place of
// time.Now, which knows nothing of simulations. It may be called from any goroutine.
func Now() time.Time { return sched.Now() }
