// Package runtimepatch is the seam between package runtime, as `stackful build` patches it, and
// this module: with the patch, a wait of a task in package runtime parks the task and
// not its goroutine. In other programs Runtime is nil.
//
// The other side is cmd/stackful/internal/overlay/files/runtime.go.txt, which has the picture
// and the invariants; a test there compares the declarations. Package stackful installs the
// hooks that concern stacks, package sched those that concern tasks.
package runtimepatch

import "unsafe" // for linkname, too

//lint:file-ignore U1000 package runtime uses the fields of Hub that are not exported

// Version is the version of the seam. It changes whenever a declaration of this file does, or
// what the two sides expect of each other.
const Version = 10

// A Hub is what package runtime knows of a hub. Fields that are not exported are its own.
type Hub struct {
	g       uintptr         // the hub's goroutine
	Current *uintptr        // the *Stack that runs on it
	Root    uintptr         // the *Stack of the scheduler
	Task    *unsafe.Pointer // nil if no task runs
	Tick    *uint32         // is set to 1 to have the root stack look for ready tasks soon
	Race    unsafe.Pointer  // what the race detector orders the stacks by; nil without it
	Fast    *uint64         // not 0: nothing has to be told of switches
	NoPark  int32           // not 0: waits block the goroutine
	Parked  uintptr         // the carrier of the task that has just been parked, for the root stack
	Stack   uintptr         // the *Stack that has
	Local   uintptr         // the first ready carrier of the thread's own list; not 0: Next has something
	Last    uintptr         // the last one of that list; meaningless if Local is 0
	Remote  uintptr         // not 0: Next has something; atomic
	sleeps  uint32
	pd      uintptr
	epfd    int32
	until   int64
	polled  int64
	yielded int64
	Adopts  bool            // go statements of its tasks call Hooks.Adopt
	Alone   bool            // in Wait it waits for nothing but other goroutines, and C has made no threads: if all goroutines wait, the program ends
	Tasks   string          // a list of the tasks to be printed then
	Labels  *unsafe.Pointer // the profiler labels of its goroutine; set by Begin

	Preempts     uint32 // of a Run whose tasks are preempted, see PreemptSlices; set before Begin; atomic
	Asked        uint32 // a request to preempt that has not been met; a poll sets it to 0 before it looks for ready tasks; atomic
	askedAt      int64
	Preempted    uint32 // the task that has just been parked was preempted, and is ready; see PreemptedByTime
	resume       uintptr
	nextPreempts uintptr
	Slice        int64   // a task's time slice in nanoseconds; 0 if it has none
	Turns        *uint64 // counts the tasks that were resumed; set before Begin; atomic
	seen         uint64
	seenAt       int64

	sim   unsafe.Pointer
	Now   int64  // the clock of a simulation, in nanoseconds since 1970; tasks that look at it again and again move it
	Looks uint32 // how often they have since one was resumed
}

// Values of Hub.Preempts.
const (
	PreemptSlices = 1 // tasks are preempted at the end of their slices
	PreemptWakers = 2 // and whenever a task of the hub may have become ready
)

// PreemptedByTime is the value of Hub.Preempted for a task whose time slice is over, as the runtime's monitor has seen.
const PreemptedByTime = 2

// Hooks is what package runtime must know and call. All are set before there is a hub.
// Unless it is said otherwise, they are called in a task, on its stack.
type Hooks struct {
	Host      uintptr                                    // offset of Stack.host
	Black     uintptr                                    // of Stack.black
	InRuntime uintptr                                    // of Stack.inRuntime
	Sentinel  uintptr                                    // the g that keeps the token of a mark phase, see native_gc.go
	Next      func(h *Hub, stack uintptr) (next uintptr) // says which *Stack runs next, as the running one is about to be parked; 0: the root. Called on g0, with locks of the runtime held: it must not allocate
	Parked    func(h *Hub, carrier uintptr)              // the running task has been parked on the carrier, and what Next has said is about to run. Called on g0
	Sleep     func(ns int64)                             // is time.Sleep
	Charge    func()                                     // a descriptor is about to be read
	Raise     func()                                     // raises the interruption for which Finish was called; does not return
	Offload   func(f func())                             // calls f on another goroutine, and parks the task until it has returned
	Pulls     PullHooks                                  // called on any stack
	Adopt     func(f func(), pc uintptr)                 // makes f a task; pc is behind the go statement
	Main      func(main func()) func()                   // returns what is to be called in place of the program's main; called before that, in no task
	Point     func()                                     // in a simulation: the task may give way
	Refuse    func(what string) error                    // in a simulation: returns an error unless what is allowed
	Tasks     func() int                                 // in a simulation: returns the number of tasks
	Quit      func()                                     // what to do when SIGQUIT is about to end the program, in place of that; called once, on a goroutine of its own; nil: nothing
}

// PullHooks are what an iter.Pull in a task is made of: a coroutine of the task. Package iter declares it, too.
type PullHooks struct {
	Passed  func(of any) int                                                                                                // says how values are passed of the type that of is a pointer to: the bits Split and Boxed, and what NewPull is to be told
	NewPull func(body func(), passed int, slot, yield, next unsafe.Pointer) (coroutine, fastYield, fastNext unsafe.Pointer) // makes a coroutine that will call body, and its ends, see Ends
	Next    func(coroutine unsafe.Pointer) bool                                                                             // resumes it, and returns when it has yielded or ended; false if somebody else waits for that
	Yield   func(coroutine unsafe.Pointer) bool                                                                             // goes back to its resumer; false if it has none
	Stop    func(coroutine unsafe.Pointer)                                                                                  // resumes it for the last time; if it has not begun it never will, and if it runs it goes back to its resumer
	Arrived func() bool                                                                                                     // is Arrived of package stackful
}

// Bits of what PullHooks.Passed returns.
const (
	Split = 1 // the parts of a struct are passed as they are alone
	Boxed = 2 // values must be boxed, to be passed in memory
)

// Functions is what package runtime offers. A carrier is the address of a g.
type Functions struct {
	version int
	Name    uintptr // where a carrier has what Next returns of the task that is parked there
	install func(hooks *Hooks)

	// Begin makes the calling goroutine a hub's, with its epoll descriptor. It reports
	// whether the runtime's poller takes that.
	Begin func(h *Hub, epfd int32) bool

	// End ends what Begin has begun. Waits of tasks of h may go on for ever, and refer to it.
	End func(h *Hub)

	// NoPark adds delta to a counter of the calling goroutine. While it is not 0, waits block
	// the goroutine. On a goroutine that is no hub's it does nothing.
	NoPark func(delta int32)

	// Next returns what Hub.Task named when the task was parked that has become ready, nil if there is none.
	Next func(h *Hub) unsafe.Pointer

	// Expose must be called right before the switch to a stack that was parked on the
	// carrier, and is ready.
	Expose func(carrier uintptr)

	// Finish ends the wait of the task that is parked on the carrier, if it can be ended: not
	// those of package sync. Then the task is ready, and calls Hooks.Raise.
	Finish func(carrier uintptr)

	// Reason says what the task that is parked on the carrier waits for.
	Reason func(carrier uintptr) string

	// Waits reports whether the task that is parked on the carrier is not ready.
	Waits func(carrier uintptr) bool

	// Rest must be called before the last look for events of the epoll descriptor, and for what
	// Wake is called for, that comes before Wait.
	Rest func(h *Hub)

	// Wait parks the hub's goroutine until Next has something, Wake is called, the epoll
	// descriptor has an event, or ns nanoseconds have passed; negative is no limit.
	Wait func(h *Hub, ns int64)

	// Wake ends Wait, or has the next one not block. Any goroutine may call it, also when h has ended.
	Wake func(h *Hub)

	// Look looks at the runtime's poller and timers, for a hub that does not sleep.
	Look func(h *Hub)

	// Retire must be called before the goroutine of a free carrier ends.
	Retire func(carrier uintptr)

	// Slice must be called before the switch to a task, if tasks are preempted: the end of a slice was another's.
	Slice func(h *Hub)

	// Ask asks for the preemption of the task that runs on h's goroutine. Any goroutine may call it.
	// Whether the task is preempted depends on the code that it is in; then ask again.
	Ask func(h *Hub)

	// Resume resumes the task that was preempted and rests on the carrier. It is called on the root
	// stack, and returns when that is resumed.
	Resume func(h *Hub, carrier uintptr)

	// Panicking returns the value of the panic that makes the deferred call which asks. ok is false
	// if runtime.Goexit makes it. The function that was deferred must not have returned before.
	Panicking func() (value any, ok bool)

	// Die ends the program as that panic does if nothing recovers it.
	Die func()

	// Threads returns how many threads of this process package runtime has made, or was started on; 0 if
	// there can be no others, as the program is without cgo.
	Threads func() int32

	// BeginSim is Begin for the hub of a simulation, whose choices follow from the seed, and whose clock begins at now,
	// in nanoseconds since 1970.
	BeginSim func(h *Hub, seed uint64, now int64)

	// NextTimer returns an instant before which none of package time's timers is due; 0 if there is none.
	NextTimer func(h *Hub) int64

	// RunTimers runs those of package time's timers that are due.
	RunTimers func(h *Hub)

	// Started returns the next function of time.AfterFunc that is to become a task, since its time has come; nil if there is
	// none. The task must call Acquire with order before f.
	Started func(h *Hub) (f func(), order unsafe.Pointer)

	// Acquire orders the caller after the timer whose function Started has returned, for the race detector.
	Acquire func(order unsafe.Pointer)

	// Lock returns the address of the sync.Mutex, or sync.RWMutex, that the task waits for which is parked on
	// the carrier; 0 if it waits for none, or that is not known. It is called on the hub's goroutine.
	Lock func(carrier uintptr) uintptr

	// Users reports whether a function, by its name in package runtime, is neither of the standard library nor of this
	// module's. Any goroutine may call it.
	Users func(function string) bool

	// Parks is for tests. It sets for how many nanoseconds the thread that blocks in the runtime's poller parks at most,
	// unless rest is 0, and returns how often it has parked, and for how long at most before. Any goroutine may call it.
	Parks func(rest int64) (parks uint32, old int64)
}

//go:linkname table runtime.stackfulTable
var table *Functions

// Runtime is the patched runtime; nil if it is not patched, or for another version of this
// package, or before Install.
var Runtime *Functions

var hooks Hooks

// What package stackful offers to package sched. It sets them when it installs its hooks.
var (
	// OwnerHere sets Current, Root and Race for the calling goroutine.
	OwnerHere func(h *Hub)

	// Parked calls the switch hook for a *Stack that has been parked, on the root stack.
	Parked func(stack uintptr)

	// Ends makes the *Ends at ends those of the *Stack, for values that are passed so, and returns its two functions, nil if
	// there are none. slot is where a value goes. slowYield and slowNext are what is to be called where they are
	// not available, as NewYield and NewNext of package stackful have it.
	Ends func(ends, stack unsafe.Pointer, passed int, slot, slowYield, slowNext unsafe.Pointer) (yield, next unsafe.Pointer)

	// Passed is PullHooks.Passed.
	Passed func(of any) int

	// Resume is Resume(true) of the *Stack, which is the caller's, without the result.
	Resume func(stack unsafe.Pointer)
)

// Found returns the version of the seam that package runtime of this program has, 0 if it is
// not patched.
func Found() int {
	if table == nil {
		return 0
	}
	return table.version
}

// Install sets hooks, those that are not zero, while the program starts. It reports whether the
// runtime is patched.
func Install(set func(h *Hooks)) bool {
	if Found() != Version {
		return false
	}
	set(&hooks)
	table.install(&hooks)
	Runtime = table
	return true
}
