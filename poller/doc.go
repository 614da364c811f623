// Package poller is gevent's idea in Go: tasks that look like they block, on stacks of
// their own, all inside one goroutine. A task that would have to wait, for a socket, a
// timer, a lock, parks, and the goroutine switches directly to the next ready task; if
// there is none, it waits for the first event or timer.
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
// needs no locks against them.
//
// # Limits
//
// By itself it does not make calls of other packages park. A task that blocks in a
// sync.Mutex, a Go channel, a file or a C library stops its whole goroutine: use this
// package's types, RecvFrom and SendTo for Go channels, Await for anything else. In a program
// that is built by `stackful build`, see package patch, channels, package sync, time.Sleep
// and package net park tasks, too; files and C libraries do not. It uses one processor per
// Run; see RunAll.
//
// # Sequences
//
// A sequence that waits in this package, such as Chan.All, Queue.All or the results of Map,
// can be ranged over in a task, and be pulled with coro.Pull. iter.Pull runs it on a
// goroutine of its own, which has no hub: a call there that waits blocks the task that
// pulls, with all others of its Run, for ever if the call waits for one of them, and Go
// panics. (Not in a program that `stackful build` has built.)
//
// # Inside and outside of tasks
//
// Every call that waits parks the task that makes it; in a goroutine that is not
// in Run it blocks that goroutine, as the standard library does. Connections and
// the types for synchronization may be used by both at once: net/http and
// crypto/tls, which use goroutines of their own, work over connections that a task
// has made. A connection that was made in a task is watched by that task's Run,
// and closed at its end; one that was made outside of any is watched by a goroutine
// in the background, which ends with the last of them.
//
// A crypto/tls.Conn has locks of the standard library inside: two tasks of one goroutine
// must not read it at once, or write it at once, without a Mutex of this package around it,
// and neither may write during a handshake of the other. (In a program that `stackful
// build` has built they may, and so may the tasks of the next paragraph.)
//
// The same goes for every sync.Mutex that a task holds while it makes a call of this
// package that could wait, such as that of a log.Logger whose output is a Conn or a File:
// such a call may let other tasks run even if it need not wait, and a task that then locks
// the sync.Mutex blocks the goroutine for ever. Use a Mutex of this package.
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
// compute; never in between, and never in calls that cannot wait. See Options.TimeSlice and
// Task.SetPriority.
//
// Ready tasks run in the order in which they became ready, higher priorities first; but
// after about 32 tasks of higher priority, one of a lower priority runs too. While the
// garbage collector marks, it scans one stack after the other, and some cannot be switched
// to until it has: then other ready tasks run in the meantime, unless tasks have different
// priorities. The deferred tasks run first afterwards. Descriptors and timers are polled
// although there are ready tasks: after 61 switches, or, if they were polled within the
// last 10 µs, at the latest after 488. Locks, channels and connections serve their waiters
// in order of arrival.
//
// A timer never fires early. If the hub is waiting, it is late by the time that the kernel
// takes to wake a thread: some tens of microseconds on Linux 5.11 and later, up to a
// millisecond more where timeouts are in milliseconds. With 1,024 timers and more, up to
// 100 µs are added, so that timers due meanwhile are served together. If the hub is busy,
// the timer is also late by the work before it. Stats.TimerLag is the worst case so far.
//
// # Observing a hub
//
// Dump lists the tasks with the reason of each wait. ReadStats and Hub.Stats return a hub's
// counters. Options.MonitorAfter finds tasks that keep the others waiting. The function set
// by SetErrorHandler is called for panics in tasks without a joiner.
//
// # Simulation
//
// Simulate runs tasks with a clock, an order and a network that a seed determines, so that
// a test can try a thousand schedules, and repeat the one that failed.
//
// # Files, processes, names
//
// File is for pipes, terminals and other pollable descriptors, and, on helper goroutines,
// for regular files; Cmd runs a process. Await and AwaitContext are for all other blocking
// calls. Dial looks names up on a helper goroutine, and tries the addresses of a name as
// RFC 8305 has it.
//
// # Peers that misbehave
//
// Nothing is buffered in this process for a peer that does not read: Write parks.
// ListenConfig bounds the resources of peers: the number of connections (by default three
// quarters of the process's limit of descriptors), the rate of accepting, the time until
// the first request is complete, and the time of idleness. Connections that are not
// accepted yet wait in the system's queue, see Backlog. Accept survives a lack of
// descriptors without spinning. A deadline bounds the time of a whole message.
//
// The internal queues hold at most one entry for each waiting task or goroutine, calls of
// Await included, see SetAwaitLimit; a pending look-up of a name also occupies a goroutine.
//
// # Platforms
//
// On Linux, descriptors are watched by epoll; on macOS, iOS, FreeBSD, NetBSD, OpenBSD and
// DragonFly by kqueue. The kqueue code is compiled and vetted for each of these systems,
// and all of it but the system calls is tested on Linux; it has not been run on any of
// them. Known differences: a wildcard address of "tcp" is IPv4 alone where IPv6 sockets do
// not serve IPv4 (OpenBSD, DragonFly); addresses beginning with @ are names of files;
// OpenBSD has no keep-alive period for each connection; on macOS, WaitRead does not notice
// the end of a named pipe.
//
// On other systems, Windows among them, connections are package net's: the API is
// the same, but each call that waits occupies a goroutine with a stack of its own,
// which then wakes the task. WaitRead and WaitWrite are not
// available there. The build tag poller_std chooses this way anywhere. With the tag
// poller_poll, descriptors are watched by poll(2) on Linux, macOS and the BSDs: it
// is for tests, and its cost grows with the number of connections.
//
// The layers below: package stackful switches stacks, package coro has coroutines that are
// switched by hand; both may be used in tasks. A task may park in a coroutine, and one task
// may continue a coroutine that another has begun, such as a sequence of coro.Pull. But
// while a task is parked in a coroutine, neither that coroutine nor its resumers, up to the
// task's own stack, can be switched to, killed or moved by others: coro's functions panic
// with coro.ErrParked. Kill the task instead. A coroutine that another task runs to its end
// must not have its parent among these either: that task gets the panic then. Package
// stackful, which knows nothing of tasks, does not refuse: a task that switches to the
// stack of a parked task can never be resumed and ends with an error, and the parked task
// panics.
//
// # Where to read on
//
// This package is a face: docs/architecture.md has the packages below it and five walks
// through them, poller/internal/sched/doc.go the map of the scheduler.
package poller
