package sched

import (
	"errors"
	"slices"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Helpers runs the calls of Await, on goroutines that end when the queue is empty, at most
// limit of them at a time. A call that its task has given up does not count toward the
// limit, since it may run for ever: its helper ends with it. The functions of this file
// may be called on any goroutine.
var Helpers = struct {
	Mu      runtimepatch.Mutex // guards the other fields, and all HelperCalls
	Running int                // helpers that count toward limit
	limit   int
	Waiting []*HelperCall // in the order of their start
	GivenUp int           // calls that run and were given up
}{limit: 256}

// GivenUpMost is how many calls that were given up may run. Each may take a thread, and
// the runtime ends a process with 10,000. It is a variable for tests.
var GivenUpMost = 4096

// ErrGivenUp is the error of Await while GivenUpMost calls run that were given up.
var ErrGivenUp = errors.New("poller: too many calls of Await were given up and have not returned")

// A HelperCall is a call of Await for a helper to make. Helpers.Mu guards it.
type HelperCall struct {
	run   func()
	state helperState
}

type helperState uint8

const (
	helpWaits   helperState = iota // not started, or in Helpers.Waiting
	helpRuns                       // on a helper that counts
	helpGivenUp                    // it runs without a waiter
	helpOver                       // it has returned, or was withdrawn
)

// SetAwaitLimit is poller.SetAwaitLimit.
func SetAwaitLimit(n int) (old int) {
	if n < 1 {
		fault.Usage("SetAwaitLimit below 1")
	}
	Helpers.Mu.Lock()
	defer Helpers.Mu.Unlock()
	old, Helpers.limit = Helpers.limit, n
	for range len(Helpers.Waiting) {
		startHelper()
	}
	return old
}

// RefuseHelp returns ErrGivenUp if a task must not begin another call. It refuses no calls
// outside of tasks, which need no helper.
func RefuseHelp() error {
	Helpers.Mu.Lock()
	defer Helpers.Mu.Unlock()
	if Helpers.GivenUp >= GivenUpMost && CurrentTask() != nil {
		return ErrGivenUp
	}
	return nil
}

// Start queues c, whose call is run, for a helper.
func (c *HelperCall) Start(run func()) {
	c.run = run
	Helpers.Mu.Lock()
	defer Helpers.Mu.Unlock()
	Helpers.Waiting = append(Helpers.Waiting, c)
	startHelper()
}

// withdraw takes c out of the queue. It reports whether c was still in it.
func (c *HelperCall) withdraw() bool {
	Helpers.Mu.Lock()
	defer Helpers.Mu.Unlock()
	return c.withdrawLocked()
}

// withdrawLocked is withdraw with Helpers.Mu held.
func (c *HelperCall) withdrawLocked() bool {
	i := slices.Index(Helpers.Waiting, c)
	if i >= 0 {
		Helpers.Waiting = slices.Delete(Helpers.Waiting, i, i+1)
		c.state = helpOver
	}
	return i >= 0
}

// GiveUp withdraws c, or if it runs already, lets another call run in its place. It reports
// whether c was withdrawn, and so will not run.
func (c *HelperCall) GiveUp() bool {
	Helpers.Mu.Lock()
	defer Helpers.Mu.Unlock()
	if c.withdrawLocked() {
		return true
	}
	if c.state == helpRuns {
		c.state = helpGivenUp
		Helpers.GivenUp++
		Helpers.Running--
		startHelper()
	}
	return false
}

// startHelper starts a helper if a call is queued and the limit allows it. Helpers.Mu is
// held.
func startHelper() {
	if Helpers.Running < Helpers.limit && len(Helpers.Waiting) > 0 {
		Helpers.Running++
		runtimepatch.Go(help)
	}
}

// help is a helper's goroutine.
func help() {
	var c *HelperCall
	defer func() {
		if c != nil { // Goexit in the call
			Helpers.Mu.Lock()
			defer Helpers.Mu.Unlock()
			if c.end() {
				Helpers.Running--
				startHelper()
			}
		}
	}()
	for c = nextHelp(nil); c != nil; c = nextHelp(c) {
		c.run()
	}
}

// nextHelp ends the helper's last call and returns the next one. If it returns nil, the
// helper must end, and counts no more.
func nextHelp(last *HelperCall) *HelperCall {
	Helpers.Mu.Lock()
	defer Helpers.Mu.Unlock()
	if last != nil && !last.end() {
		return nil
	}
	if len(Helpers.Waiting) == 0 || Helpers.Running > Helpers.limit {
		Helpers.Running--
		return nil
	}
	c := Helpers.Waiting[0]
	Helpers.Waiting[0] = nil
	Helpers.Waiting = Helpers.Waiting[1:]
	c.state = helpRuns
	return c
}

// end ends c, which has run, and reports whether its helper still counts. Helpers.Mu is
// held.
func (c *HelperCall) end() bool {
	givenUp := c.state == helpGivenUp
	c.state = helpOver
	if givenUp {
		Helpers.GivenUp--
	}
	return !givenUp
}
