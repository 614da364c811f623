// Package patched has the functions that a patched standard library calls (package std has the
// table): with them, package internal/poll's descriptors and semaphores, and package time's
// Sleep, park the calling task. It installs itself, and does nothing if the library is not
// patched.
//
// It stands on packages fd and sched.
//
// Read on in hubs.go, which finds the hub of a goroutine; fd_linux.go has the table and the
// waits for descriptors, sema_linux.go those for semaphores.
package patched
