// Package fd is a descriptor that a hub watches: one call at a time in each direction, the
// others in turn, with a deadline, parked while the descriptor is not ready. It is what package
// internal/poll is to package net. The calls that move data are in io_unix.go, rawconn_unix.go
// and transfer_linux.go; borrow_unix.go waits for descriptors of others.
//
// It stands on packages sched (the waits), selector and socket, and knows nothing of addresses,
// connections and files, which package poller makes of it.
//
// Read on in fd.go: FD, Direction and the form of each system call.
package fd
