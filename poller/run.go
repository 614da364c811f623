package poller

import (
	"errors"
	"fmt"
	"time"

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
func Run(main func()) error { return Options{}.Run(main) }

// Options are what can be chosen for a Run. The zero Options is what Run uses.
type Options struct {
	// TimeSlice is how long a task may run before it gives way to others that are
	// ready, see Checkpoint. 0 stands for 10 ms; a negative one turns this off.
	TimeSlice time.Duration

	// MonitorAfter, if it is positive, is how long a task may run without a switch
	// before OnStall is told, see Stall.
	MonitorAfter time.Duration

	// OnStall is told of tasks that have not switched for longer than MonitorAfter.
	// It is called on a goroutine of its own, while the task goes on; until it
	// returns, neither stalls nor time slices are watched for. If it is nil, the stall
	// is printed to standard error.
	OnStall func(Stall)
}

// Run is the function Run with options.
func (o Options) Run(main func()) error {
	if currentHub() != nil {
		return ErrRunning
	}
	h, err := newHub()
	if err != nil {
		return err
	}
	h.home.work = &worker{hub: h, at: stackful.Current(), task: &h.home}
	h.home.hub = h
	setHub(h)
	stackful.SetWaitHook(h.passOver)
	hubStarted(h)
	defer h.shutdown() // deferred, since a Goexit in a task goes on here
	h.main = h.newTask(main).SetName("main")
	h.ready.push(h.main)
	h.watch(o)
	h.runFromHome()
	if h.failure != nil {
		return h.failure
	}
	h.shutdown()
	err = h.main.error()
	if n := len(h.stuck); n > 0 {
		err = errors.Join(err, fmt.Errorf("poller: %d tasks could not be killed, the first is %s", n, h.stuck[0].Name()))
	}
	return err
}

// runFromHome switches from the stack that called Run to the next task. It
// returns when something switches back.
func (h *hub) runFromHome() {
	t := h.next()
	if t.work == nil {
		h.start(t)
	}
	h.resumes(t)
	if t != &h.home {
		t.work.at.Switch(nil)
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
	h.dismissIdle()
	h.watcher.stop()
	h.closeDescriptors()
	for m := h.mail.close(); m != nil; m = m.next {
		if m.call != nil {
			m.call(h)
		}
	}
	h.sel.close()
	hubEnded(h)
	stackful.SetWaitHook(nil)
	setHub(nil)
	done = true
}

func (h *hub) killAll() {
	for t := h.all.head; t != nil; {
		next := t.next
		if t.work == nil || t.work.raised < patience {
			t.kill()
		}
		t = next
	}
}

// leaveStuck gives up the tasks that have parked again and again.
func (h *hub) leaveStuck() {
	for t := h.all.head; t != nil; {
		next := t.next
		if k := t.work; k != nil && k.raised >= patience {
			h.stuck = append(h.stuck, t)
			h.timers.disarm(&k.timer)
			t.end(wasKilled)
		}
		t = next
	}
}
