// Package sched is the scheduler of one goroutine: tasks, the stacks that they run on, the run
// queue, timers, the waits, and the loop that asks the selector. It is to package poller what
// package runtime is to the standard library.
//
// It stands on packages selector, biased and fault, and on stackful's root and coro packages. It
// knows nothing of descriptors (it watches a Source), of sockets, of a simulation's network, or of
// the types for synchronization, which all stand on it.
//
// Read on in hub.go.
package sched
