package poller

import (
	"errors"
	"fmt"

	"github.com/stackful-go/stackful"
)

// Run makes a hub on the calling goroutine, runs main as its first task, and the
// tasks that it starts, in turn, until main returns. Then the remaining tasks
// are killed, so that their deferred calls run, and what was opened on the hub
// is closed. Run blocks the goroutine that long; other goroutines are not
// affected, and each may have a Run of its own.
//
// It returns nil if main returned; the *PanicError if main panicked; ErrKilled
// if something killed main; ErrRunning, without calling main, if the goroutine
// is in Run already; or what the system said when it refused to make a hub. A
// task that could not be killed, because it recovers and parks for ever, is left
// behind with its stack; that is an error too.
func Run(main func()) error {
	if currentHub() != nil {
		return ErrRunning
	}
	h, err := newHub()
	if err != nil {
		return err
	}
	h.home.at = stackful.Current()
	h.home.hub = h
	current.Set(h)
	defer h.shutdown() // deferred, since a Goexit in a task goes on here
	h.main = h.newTask(main).SetName("main")
	h.ready.push(h.main)
	h.runFromHome()
	if h.failure != nil {
		return h.failure
	}
	h.shutdown()
	err = h.main.err
	if n := len(h.stuck); n > 0 {
		err = errors.Join(err, fmt.Errorf("poller: %d tasks could not be killed, the first is %s", n, h.stuck[0].Name()))
	}
	return err
}

// runFromHome switches from the stack that called Run to the next task. It
// returns when something switches back.
func (h *hub) runFromHome() {
	t := h.next()
	h.current = t
	if t != &h.home {
		t.at.Switch(nil)
	}
	h.current = nil
}

// shutdown ends everything that belongs to the hub. A Goexit in a task that is
// being killed goes on in here; then the deferred call does the rest.
func (h *hub) shutdown() {
	if currentHub() != h {
		return
	}
	done := false
	defer func() {
		if !done {
			h.shutdown()
		}
	}()
	h.current = nil
	h.dying = true
	h.failure = nil
	for h.live > 0 {
		h.readMail()
		h.killAll()
		h.runFromHome()
		h.leaveStuck()
	}
	h.closeDescriptors()
	for m := h.mail.close(); m != nil; m = m.next {
		if m.call != nil {
			m.call(h)
		}
	}
	h.sel.close()
	current.Set(nil)
	done = true
}

func (h *hub) killAll() {
	for t := h.all.head; t != nil; {
		next := t.next
		if t.raised < patience {
			t.kill()
		}
		t = next
	}
}

// leaveStuck gives up the tasks that have parked again and again.
func (h *hub) leaveStuck() {
	for t := h.all.head; t != nil; {
		next := t.next
		if t.raised >= patience {
			h.stuck = append(h.stuck, t)
			t.end(ErrKilled)
		}
		t = next
	}
}
