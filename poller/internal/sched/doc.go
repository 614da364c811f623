// Package sched is the scheduler of one goroutine: tasks, the stacks that they run on, the run
// queue, timers, the wait protocol, and the loop that polls the selector. It is to package poller
// what package runtime is to the standard library.
//
// It stands on packages selector, timers, mailbox, biased and fault, and on stackful's root and
// coro packages. It knows nothing of descriptors (it watches a Source), of sockets, of a
// simulation's network, or of the types for synchronization, which all stand on it.
//
// # The objects
//
// A Hub is the scheduler of one goroutine for the time of one Run. A Task is a function and its
// result; users may keep it for as long as they like, so it is small. A Fiber is a stack and all
// that a task needs to park on it: a task has a fiber from its first instruction to its last, and
// the next task reuses the fiber. A Waiter, part of the fiber, is one wait. The root stack is the
// stack that called Run; the loop runs there, because it needs more room than a parked task has.
//
// # Life of a task
//
//	Go             NewTask takes a Task out of a slab; MakeReady appends it to the run queue.
//	run queue      A task that is taken out without a fiber gets one (Hub.start): an idle one, or,
//	               on the root stack, a new one.
//	running        Hub.Current. fiberEntry calls Task.run, which calls the function.
//	park           BeginWait, SwitchOut, Switch: the next ready task runs in its place.
//	ready          A claimant of the waiter calls Resume, which calls MakeReady.
//	end            Task.finish records how, wakes the joiners and calls the links. The fiber takes
//	               the next ready task, starts it on the same stack if it is new, or goes idle.
//
// A task that is killed has ErrKilled raised, as a panic, by the call in which it is parked or by
// its next call that parks (interrupt.go). Nothing is raised between two such calls.
//
// # The switch
//
// A parking task chooses its successor itself: SwitchOut takes the next task out of the run queue
// and returns its stack, and the caller switches there. One switch, and no scheduler between. It
// returns the root stack instead, with needSchedule set, if
//
//   - the run queue is empty,
//   - PollInterval resumptions have passed since descriptors and timers were looked at,
//   - a new fiber has to be made, which takes more stack than a parked task has, or
//   - the choice is not simply the head of the queue: ReadyQueue.noDirect is set by priorities,
//     labels, preemption, simulations and recordings.
//
// A task that waits in a patched runtime does the same in nextOfParking, with labels and preemption, too.
//
// # One turn of the loop
//
// Hub.rootLoop (loop.go) runs on the root stack. Each turn it calls next and switches to the
// result:
//
//	1  the task in root.next, which SwitchOut has taken out of the queue already
//	2  root.yielding: a task that yields to I/O too; the selector is polled before it is queued
//	3  if tick is 0: pollDue runs the timers and reads the mail, and polls the selector unless it
//	   did so in the last 10 µs
//	4  the head of the run queue
//	5  waitForWork: poll, let other goroutines run, report a deadlock, or else block in the
//	   selector until an event, the earliest timer or a wake
//
// Hub.Poll is the only place that blocks. After each wait it dispatches events, runs timers, and
// reads the mail, in that order; all three only make tasks ready.
//
// # The wait protocol
//
// waiter.go states it with its invariants; in short: the caller locks the source, puts its node
// into a queue of the source, unlocks, and parks. The source, a timer and an interruption contend
// for the end of the wait: the claimant is the one whose compare-and-swap of the waiter's state
// succeeds, and it alone sets the result and resumes the caller. Park, ParkNoRaise and ParkEither
// (park.go) are the protocol as calls.
//
// # The wake from another goroutine
//
// Resume on a goroutine that is not the task's hub's cannot touch the run queue. It puts the
// fiber's Mail into the hub's mailbox, a lock-free stack, and wakes the selector if the hub
// blocks in it or is about to (Hub.Wake.Waiting). The hub reads the mail after each poll.
// wake.go has the order of steps that excludes a lost wake-up. Post sends a function the same
// way: it runs on the hub's goroutine, outside any task, and must not park.
//
// # Timers
//
// One 4-ary heap for each hub (package timers), used by its goroutine alone. An entry calls
// Expire of its owner: a fiber (the limit of a wait, or Sleep), a Scope (WithTimeout), a delay (GoAfter), a
// descriptor's deadline. Another goroutine that needs a timer posts a function that arms it. The
// heap's earliest instant limits the wait in the selector. Preemption uses a timer of the Go
// runtime instead (watcher.go), since it must fire while a task computes.
//
// # The files
//
// The objects, which refer to each other, and their methods that need nothing else:
//
//	hub.go            the hub's state, by value in named parts; Here
//	task.go           Task and its Extra
//	fiber.go          Fiber: a stack, and the state that is reset between two tasks on it
//	waiter.go         Waiter and the wait protocol; Queue and Node: the waiters of a source
//	ready.go          Resume and MakeReady; the run queue: one ring, or one for each priority
//	wake.go           PostMail and Post: how a hub blocks and is woken
//	sources.go        Source: the slot table, closers
//	virtual.go        Virtual: a simulation's clock, seed and choices
//
// Below them, without a hub:
//
//	preemption.go     tasks that are preempted, in a patched program
//	watcher.go        the watcher of time slices and stalls, a timer of the Go runtime
//	nanotime.go       instants of the monotonic clock
//	counters.go       the counters of a hub
//	virtual_trace.go  the hash and the text of a simulation's events
//	noselector.go     the selector of a simulation
//	priority.go       Priority
//	reason.go         the reasons of waits, and their names
//	errors.go         the errors that package poller exports
//
// Above them, each calling only files before it, but for one circle of park.go,
// fiberrun.go and away.go:
//
//	runtime.go        with a patched package runtime: the state, ready tasks, the wait of the hub
//	clock.go          the clock that a caller sees
//	callout.go        functions of the user that the hub itself calls
//	labels*.go        profiler labels for each task
//	interrupt.go      the interruptions of a task, and when they are raised
//	taskend.go        the end of a task, its links, the error of a panic
//	holder.go         the task that holds a lock, for Dump
//	place.go          where a task was started, for its title
//	dump.go stats.go  the list of tasks, and a copy of the counters
//	park.go           Park and its variants: the protocol as calls; SwitchOut and SwitchedIn, Yield;
//	                  the I/O budget
//	fiberrun.go       the body of a fiber's stack: one task after the other
//	away.go           tasks that park on a stack of their own making, such as a coroutine's
//	preempt.go        CheckPreempt, Checkpoint; SetPriority
//	yield.go join.go  Sleep, Yield, YieldIO; Join, on the task's hub and on other goroutines
//	spawn.go call.go  Go, GoAfter, NewTask; GoErr, and Hub.CallFrom for other goroutines
//	adopt.go          go statements of tasks that start tasks, in a patched program
//	kill.go           Kill
//	timeout.go        WithTimeout: a Scope on a stack
//	live.go           the hubs of the process
//	snapshot.go       the state of a hub and its tasks, for package debug
//	quit*.go          what SIGQUIT prints before it ends the program
//	record.go         the steps of a hub's tasks, for package debug
//	ask.go            Ask: a question of another goroutine, answered on the hub's
//	stacktext.go      the stacks of tasks, out of the text of all stacks
//	stall.go cgo_*.go the report of a task that does not switch
//	deadlock.go       tasks that all wait for each other, and an idle hub that nothing can wake
//	virtual_loop.go   the loop of a simulation, and contexts in it
//	virtual_observe.go the schedule of a simulation as text and as steps
//	runtimepark.go    a task that a patched package runtime has parked
//	loop.go           the loop on the root stack, the wait for work, the poll, the dispatch of events
//	hublocal.go       per-hub values for the packages above
//	pull.go           iter.Pull in a task, with a patched package runtime
//	runtimehooks.go   the other calls of a patched package runtime
//	run.go            Run: the start and the shutdown
//	program.go        a program whose main function is a task
//	background.go     the hub of descriptors that no task made
//	helpers.go        the helper goroutines of Await
//	offload.go        Await: a call on a helper goroutine
//	context.go        Task.Context
package sched
