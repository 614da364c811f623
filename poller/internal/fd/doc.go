// Package fd is a descriptor that a hub watches: one call at a time in each direction, the
// others in turn, with a deadline, parked while the descriptor is not ready. It is to package
// poller what package internal/poll is to package net.
//
// It stands on packages sched (the waits), selector and socket, and knows nothing of addresses,
// connections and files, which package poller makes of it.
//
// # A call
//
// A call on a descriptor has four steps, each a method of Direction:
//
//	begin       The caller becomes the owner of the direction, after the calls before it. If
//	            the direction may be ready, begin permits the system call at once.
//	the call    It is non-blocking. If it fails with EAGAIN, wouldBlock, and then:
//	waitReady   The owner parks in the queue IO until an event, the deadline, the idle limit,
//	            Close or an interruption ends the wait. Then the call is tried again.
//	finish      The owner passes the direction on to the next call in the queue Turn.
//
// # Readiness
//
// Events are edges: the selector reports a change once. So Ready remembers that a try may
// succeed: an event sets it, a try clears it before the system call, and finish sets it again
// unless the call has proved that there is no more. An event during the system call sets it
// too, and is not lost. Ready may be true for nothing, which costs a system call; it must not
// be false while there is data that no later event will report.
//
// # Close
//
// Close sets Closing, which refuses new calls, ends all waits, and leaves close(2) to the last
// system call in progress: the number must not be used again before that one has returned.
//
// # Callers
//
// A call takes the hub of the calling goroutine, as sched.Here returns it, which need not be
// the hub that watches the descriptor: a connection may be used by tasks of another hub, whose
// wake-up then goes through that hub's mailbox, and by goroutines without a hub (nil), which
// block. A task that is interrupted while it waits releases the direction before the panic is
// raised; a call that has moved data returns it, and the interruption waits for the next one.
//
// # Locks
//
// In this order:
//
//	the lock of a patched descriptor (package patched)
//	FD.Mu; two of them are never held at once
//	descriptorWaiters.mu, the selector's lock, the lock of the hub's slot table
//
// Waiters are claimed and resumed with FD.Mu held, which is safe since Resume does not block.
// No lock is held while user code runs, except by OnClose.
//
// # The files
//
//	fd.go                 FD and Direction, their states; Close
//	direction_unix.go     the steps above, with Read as the example; Watch and the events
//	deadline.go           deadlines, by one timer for each direction
//	io_unix.go            the other calls: Write, ReadFrom, WriteTo, Accept, WaitWritable
//	rawconn_unix.go       calls of the user's on the descriptor: Control, RawConn, WaitReadable
//	connect_unix.go       whether a connection has been made
//	transfer_linux.go     sendfile and splice
//	splice_pipe_linux.go  the pipes of splice
//	file_linux.go file_bsd.go   reads and writes of descriptors that are not sockets
//	borrow_unix.go        waits for descriptors that the user owns
//	copy_unix.go          non-blocking copies of an os.File's descriptor
//	buffers.go            buffers for calls on helpers
//
// Read on in direction_unix.go.
package fd
