// Package poller is gevent's idea in Go: tasks that look like they block, on stacks of
// their own, all inside one goroutine. A task that would have to wait, for a socket, a
// timer, a lock, parks, and the goroutine switches directly to the next ready task; if
// there is none, it waits for the first event or timer.
//
// Tasks:
//   - a hub, for the time of one call: [Run], [RunAll], [RunErr]; its settings: [Options];
//     the hub itself: [Call], [ErrRunning], [Here], [Hub]
//   - start one: [Go], [GoAfter], [GoErr]; with a result: [Async], [Future]; many: [Group], [Map],
//     [MapUnordered], [NewPool]
//   - one: [Current], [Local], [Priority], [Task]
//   - give way: [Checkpoint], [Yield], [YieldIO]
//   - ends: [ErrEnded], [ErrGoexit], [ErrKilled], [PanicError], [SetErrorHandler]
//
// Waiting:
//   - for time: [Sleep], [TimeoutError], [WithTimeout]
//   - for tasks: [JoinAll], [JoinAny], [JoinAnyTimeout], [WaitContext]
//   - for each other: [Cond], [Event], [Mutex], [RWMutex], [Semaphore], [WaitGroup]
//   - for values: [Case], [Chan], [ErrQueueClosed], [NewPriorityQueue], [NewStack], [Queue], [Select],
//     [SelectTimeout], [TrySelect]
//   - for Go channels: [RecvFrom], [SendTo]
//   - for what blocks: [Await], [AwaitContext], [SetAwaitLimit]
//
// IO:
//   - connections: [Conn], [Dial], [Dialer], [DialTimeout], [FileConn], [Pipe]
//   - listeners: [FileListener], [Listen], [ListenConfig], [Listener]
//   - datagrams: [FilePacketConn], [ListenPacket], [PacketConn]
//   - files and pipes: [Create], [File], [NewFile], [Open], [OpenFile]
//   - other descriptors: [WaitRead], [WaitWrite]
//   - processes and signals: [Cmd], [Command], [CommandContext], [Signals]
//   - errors: [UnsupportedError], [UsageError]
//
// Seeing:
//   - all tasks: [Dump]; counters: [ReadStats], [Stats]
//   - what stops the others: [DeadlockError], [ErrDeadlock], [Stall]
//
// Simulation:
//   - [CurrentSim], [ErrEndless], [ErrSimulated], [Now], [Sim], [Simulate]; package simtest
//
// An echo server:
//
//	err := poller.Run(func() {
//		l, err := poller.Listen("tcp", "127.0.0.1:7000")
//		if err != nil {
//			log.Fatal(err)
//		}
//		for {
//			c, err := l.Accept() // other tasks run meanwhile
//			if err != nil {
//				log.Fatal(err)
//			}
//			poller.Go(func() { io.Copy(c, c); c.Close() })
//		}
//	})
//
// Tasks of one Run never run at the same time, and switch only in calls that
// could wait: code between two such calls is not interrupted by another task, and
// needs no locks against them. A Run uses one processor; RunAll has one on each of several.
//
// # What parks a task
//
// Every call of this package that waits parks the task that makes it; in a goroutine that is not
// in Run it blocks that goroutine, as the standard library does. Connections and
// the types for synchronization may be used by both at once. A connection that was made in a
// task is watched by that task's Run, and closed at its end; one that was made outside of any is
// watched by a goroutine in the background, which ends with the last of them.
//
// Calls of other packages do not park: a task that blocks in a sync.Mutex, a Go channel, a file or
// a C library stops its whole goroutine. In a program that is built by `stackful build`, see
// package patch, channels, package sync, time.Sleep and package net park tasks, too; files and C
// libraries do not. Otherwise:
//
//   - A sync.Mutex must not be held in a call of this package that could wait, by which other
//     tasks may run even if it need not wait. Use [Mutex].
//   - Two tasks of one goroutine must not read a crypto/tls.Conn at once, or write it at once,
//     and neither may write during a handshake of the other, without a [Mutex] around it.
//   - A sequence that waits in this package may be ranged over, and pulled by coro.Pull; iter.Pull
//     runs it on another goroutine, where a wait blocks the task that pulls, with all others of
//     its Run.
//
// # How a task ends
//
// Its function returns; or panics, see Go; or something kills it, see Kill; or it calls
// runtime.Goexit, which ends the goroutine. Interruptions, by Kill or WithTimeout, are
// panics that are raised in calls that wait, so that deferred calls run; they are raised
// nowhere else. Every object is consistent after an interruption: a lock has one holder or
// is free, a value is passed or not, a permit is taken or free, a signal goes to the next
// waiter, and a connection can be used. A call whose wait has succeeded already returns,
// and the interruption is raised by the next one.
//
// # The order of tasks
//
// A task yields to others when it waits; when it has used up its time slice; after 64 I/O
// calls in a row that moved data without waiting; and when a task of higher priority is
// ready. It does so in calls that could wait, and in Checkpoint, which is for tasks that
// compute; never in between (unless Options.Preempt is set), and never in calls that cannot wait. See Options.TimeSlice and
// Task.SetPriority.
//
// Ready tasks run in the order in which they became ready, higher priorities first, but lower ones
// are never starved, nor are descriptors and timers by ready tasks. Locks, channels and connections serve their
// waiters in order of arrival. A timer never fires early.
//
// # Observing a hub
//
// Package debug has a page for a browser with the hubs of the process and their tasks: where
// each was started, what it waits for and how long, its stack; and it records a timeline of
// tasks, who ran when and what woke whom:
//
//	go http.ListenAndServe("localhost:6060", debug.Handler())
//
// Dump lists the tasks of the calling task's hub with the reason of each wait, Hub.Dump those
// of any hub on any goroutine. ReadStats and Hub.Stats return a hub's counters.
// Options.MonitorAfter finds tasks that keep the others waiting. The function set by
// SetErrorHandler is called for panics in tasks without a joiner.
//
// # Peers that misbehave
//
// Nothing is buffered in this process for a peer that does not read: Write parks. ListenConfig
// bounds what peers may take, Accept survives a lack of descriptors, and a deadline bounds the
// time of a whole message. The internal queues hold at most one entry for each waiting task or
// goroutine, calls of Await included, see SetAwaitLimit; a pending look-up of a name also occupies
// a goroutine.
//
// # Coroutines in tasks
//
// Packages stackful and coro, the layers below, may be used in tasks. A task may park in a
// coroutine, and one task may continue a coroutine that another has begun, such as a sequence of
// coro.Pull. But while a task is parked in a coroutine, neither that coroutine nor its resumers,
// up to the task's own stack, can be switched to, killed or moved by others: coro's functions
// panic with coro.ErrParked. Kill the task instead. A coroutine that another task runs to its end
// must not have its parent among these either: that task gets the panic then. Package
// stackful, which knows nothing of tasks, does not refuse: a task that switches to the
// stack of a parked task can never be resumed and ends with an error, and the parked task
// panics.
//
// # Platforms
//
// On Linux, descriptors are watched by epoll; on macOS, iOS, FreeBSD, NetBSD, OpenBSD and
// DragonFly by kqueue. On other systems connections are package net's: the API is the same, and
// each call that waits occupies a goroutine with a stack of its own; WaitRead and WaitWrite are not available
// there. The build tag poller_std chooses this way anywhere. With the tag
// poller_poll, descriptors are watched by poll(2) on Linux, macOS and the BSDs: it
// is for tests, and its cost grows with the number of connections.
//
// # Where to read on
//
// docs/tasks.md has what is not promised but good to know: how often descriptors are polled, how late
// timers are, how systems differ. docs/architecture.md has the packages below this one, which is a
// face, and five walks through them, poller/internal/sched/doc.go the map of the scheduler.
package poller
