// Package preempt has tests of tasks that are preempted (poller.Options.Preempt), or nearly parked. They run only in a
// test that `stackful test` has built, and are in a package of their own since code of the library
// is never preempted:
//
//	go run ./cmd/stackful test ./tests/preempt
package preempt
