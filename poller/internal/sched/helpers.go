package sched

import (
	"errors"
	"slices"
	"sync"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Helpers runs the calls of Await: on goroutines that end when there is nothing
// to do, at most limit of them at a time. A call that its task has given up does not
// count, since nothing tells when it ends: its helper ends with it.
var Helpers = struct {
	Mu      sync.Mutex
	Running int // helpers that count
	limit   int
	Waiting []*HelperCall
	GivenUp int // calls that run and were given up
}{limit: 256}

// GivenUpMost is how many calls that were given up may run. Each may take a thread, and
// the runtime ends a process with 10,000.
var GivenUpMost = 4096

// ErrGivenUp is what Await returns then.
var ErrGivenUp = errors.New("poller: too many calls of Await were given up and have not returned")

// A HelperCall is a call of Await that a helper is to make. helpers.mu guards it.
type HelperCall struct {
	run   func()
	state helperState
}

type helperState uint8

const (
	helpWaits helperState = iota
	helpRuns
	helpGivenUp // it runs, and nobody waits for it
	helpOver    // or will not run
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

// RefuseHelp returns why a task must not begin another call.
func RefuseHelp() error {
	Helpers.Mu.Lock()
	defer Helpers.Mu.Unlock()
	if Helpers.GivenUp >= GivenUpMost && CurrentTask() != nil {
		return ErrGivenUp
	}
	return nil
}

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

func (c *HelperCall) withdrawLocked() bool {
	i := slices.Index(Helpers.Waiting, c)
	if i >= 0 {
		Helpers.Waiting = slices.Delete(Helpers.Waiting, i, i+1)
		c.state = helpOver
	}
	return i >= 0
}

// GiveUp withdraws c, or lets others have its place if it runs. It reports whether c will
// not run.
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

// startHelper starts a helper for a call that waits, if there is one, and it may. The lock
// is held.
func startHelper() {
	if Helpers.Running < Helpers.limit && len(Helpers.Waiting) > 0 {
		Helpers.Running++
		go help()
	}
}

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

// nextHelp ends the helper's last call and returns the next one, nil if the helper is to
// end, which it does not count as any more.
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

// end ends c, which has run, and reports whether its helper counts still. The lock is held.
func (c *HelperCall) end() bool {
	givenUp := c.state == helpGivenUp
	c.state = helpOver
	if givenUp {
		Helpers.GivenUp--
	}
	return !givenUp
}
