package poller

import (
	"errors"
	"slices"
	"sync"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// helpers runs the calls of Await: on goroutines that end when there is nothing
// to do, at most limit of them at a time. A call that its task has given up does not
// count, since nothing tells when it ends: its helper ends with it.
var helpers = struct {
	mu      sync.Mutex
	running int // helpers that count
	limit   int
	waiting []*helperCall
	givenUp int // calls that run and were given up
}{limit: 256}

// givenUpMost is how many calls that were given up may run. Each may take a thread, and
// the runtime ends a process with 10,000.
var givenUpMost = 4096

// errGivenUp is what Await returns then.
var errGivenUp = errors.New("poller: too many calls of Await were given up and have not returned")

// A helperCall is a call of Await that a helper is to make. helpers.mu guards it.
type helperCall struct {
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

// SetAwaitLimit sets how many calls of Await run at the same time in the process,
// 256 at first, and returns the old limit. More calls than that wait for their
// turn: at most one for each task, since a task waits for its call, and one that is
// interrupted takes back a call that has not begun. One that has begun does not count any
// more then. SetAwaitLimit may be called from any goroutine.
func SetAwaitLimit(n int) (old int) {
	if n < 1 {
		fault.Usage("SetAwaitLimit below 1")
	}
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	old, helpers.limit = helpers.limit, n
	for range len(helpers.waiting) {
		startHelper()
	}
	return old
}

// refuseHelp returns why a task must not begin another call.
func refuseHelp() error {
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	if helpers.givenUp >= givenUpMost && currentTask() != nil {
		return errGivenUp
	}
	return nil
}

func (c *helperCall) start(run func()) {
	c.run = run
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	helpers.waiting = append(helpers.waiting, c)
	startHelper()
}

// withdraw takes c out of the queue. It reports whether c was still in it.
func (c *helperCall) withdraw() bool {
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	return c.withdrawLocked()
}

func (c *helperCall) withdrawLocked() bool {
	i := slices.Index(helpers.waiting, c)
	if i >= 0 {
		helpers.waiting = slices.Delete(helpers.waiting, i, i+1)
		c.state = helpOver
	}
	return i >= 0
}

// giveUp withdraws c, or lets others have its place if it runs. It reports whether c will
// not run.
func (c *helperCall) giveUp() bool {
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	if c.withdrawLocked() {
		return true
	}
	if c.state == helpRuns {
		c.state = helpGivenUp
		helpers.givenUp++
		helpers.running--
		startHelper()
	}
	return false
}

// startHelper starts a helper for a call that waits, if there is one, and it may. The lock
// is held.
func startHelper() {
	if helpers.running < helpers.limit && len(helpers.waiting) > 0 {
		helpers.running++
		go help()
	}
}

func help() {
	var c *helperCall
	defer func() {
		if c != nil { // Goexit in the call
			helpers.mu.Lock()
			defer helpers.mu.Unlock()
			if c.end() {
				helpers.running--
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
func nextHelp(last *helperCall) *helperCall {
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	if last != nil && !last.end() {
		return nil
	}
	if len(helpers.waiting) == 0 || helpers.running > helpers.limit {
		helpers.running--
		return nil
	}
	c := helpers.waiting[0]
	helpers.waiting[0] = nil
	helpers.waiting = helpers.waiting[1:]
	c.state = helpRuns
	return c
}

// end ends c, which has run, and reports whether its helper counts still. The lock is held.
func (c *helperCall) end() bool {
	givenUp := c.state == helpGivenUp
	c.state = helpOver
	if givenUp {
		helpers.givenUp--
	}
	return !givenUp
}
