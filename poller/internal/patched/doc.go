// Package patched is what a patched standard library calls (package std has the table): it has
// package internal/poll's descriptors and semaphores, and package time's Sleep, park the task
// that calls. It installs itself, and does nothing if the library is not patched.
//
// It stands on packages fd and sched.
//
// Read on in hubs.go, which finds the hub of a goroutine, and fd_linux.go.
package patched
