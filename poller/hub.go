package poller

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// ErrEnded is the result of Hub.Go when the Run is over.
var ErrEnded = sched.ErrEnded

// A Hub is a running Run, as seen from other goroutines. Hubs send each other work by it;
// they share nothing else. It may be used from any goroutine.
type Hub struct{ h *sched.Hub }

func init() { sched.HubOf = func(hub any) *sched.Hub { return hub.(Hub).h } }

// Here returns the calling task's hub. It panics outside of Run.
func Here() Hub {
	return Hub{sched.NeedHub("call it in a task, and hand the Hub to who needs it")}
}

// Go starts f as a task of the hub, from any goroutine, and returns without waiting for it
// to start. It returns ErrEnded if the hub's Run is over; if it ends before f has started,
// f never does.
func (to Hub) Go(f func()) error {
	to.check("Go")
	if f == nil {
		fault.Usage("Hub.Go of a nil function")
	}
	if !to.h.GoFrom(f) {
		return ErrEnded
	}
	return nil
}

// check panics if to is the zero Hub.
func (to Hub) check(call string) {
	if to.h == nil {
		fault.Usage("Hub." + call + " of the zero Hub: a Hub is the result of Here, in a task")
	}
}

// statsTimeout is how long Hub.Stats waits for a hub that is busy.
const statsTimeout = time.Second

// Stats returns the hub's counters. It may be called from any goroutine, which it blocks
// until the hub reads its mail; a task of another hub should call it by Await. It returns
// ErrEnded if the hub's Run is over, and os.ErrDeadlineExceeded if the hub does not answer
// within a second.
//
// To publish them by package expvar:
//
//	expvar.Publish("hub", expvar.Func(func() any { s, _ := hub.Stats(); return s }))
func (to Hub) Stats() (Stats, error) {
	to.check("Stats")
	if sched.Here() == to.h {
		return Stats(to.h.ReadStats()), nil
	}
	answer := make(chan Stats, 1)
	if !to.h.Post(func(h *sched.Hub) { answer <- Stats(h.ReadStats()) }) {
		return Stats{}, ErrEnded
	}
	limit := time.NewTimer(statsTimeout)
	defer limit.Stop()
	select {
	case s := <-answer:
		return s, nil
	case <-limit.C:
		return Stats{}, os.ErrDeadlineExceeded
	}
}

// ReadStats returns the counters of the calling task's hub. It panics outside of Run.
func ReadStats() Stats {
	return Stats(sched.NeedHub("call it in a task, or use Hub.Stats, which any goroutine may call").ReadStats())
}

// Dump returns a list of the tasks of the calling task's hub, a line for each: its name and
// the place of the function with which it was started, its state or the reason of its wait,
// for how long, and its priority if it is not the normal one. It panics outside of Run: see
// Hub.Dump, and package debug for the stacks of the tasks.
//
//	task-26, chat.go:88 serve: waiting for read, for 1.2s
//	task-27, chat.go:90 serve: waiting for mutex, for 800ms, held by task-26, chat.go:88 serve
//
// The holder of a Mutex, or of a RWMutex that is locked for writing, is the task that has
// locked it; it is not named if that was done outside of any task.
//
// The place is not known before the start of a task for which a function of this package,
// such as Async, stands; and the line is that of the function, or of a function literal's
// beginning. The times are as exact as the hub's clock, which is read when descriptors and
// timers are polled, and so costs the tasks nothing: a time may be too long by up to 488
// switches. The text is for people; its form may change.
func Dump() string {
	return sched.NeedHub("call it in a task, or use Hub.Dump, which any goroutine may call").Dump()
}

// Dump returns what the function Dump returns in a task of the hub. It may be called from
// any goroutine, which it blocks until the hub reads its mail, as it does at each poll of
// descriptors, also while its tasks keep it busy; in a task of another hub it parks that task.
//
// It returns ErrEnded if the hub's Run is over. If the hub does not answer within a second,
// since a task computes, or blocks the goroutine, the text is the report of that task, as of
// a Stall, in place of the list, and the error is os.ErrDeadlineExceeded. It refuses a hub of
// Simulate, whose events no other goroutine must cause, with an error that is ErrSimulated.
func (to Hub) Dump() (string, error) {
	to.check("Dump")
	turns := to.h.Turns.Load()
	text, err := sched.Ask(to.h, (*sched.Hub).Dump).Answer(statsTimeout)
	if err != os.ErrDeadlineExceeded {
		return text, err
	}
	if s, ok := to.h.StalledFor(turns, statsTimeout); ok {
		text = Stall{(*Task)(s.Task), s.For, s.Stack}.String()
	}
	return text, err
}

// RunAll is Run on n goroutines at once, for n processors: each has a hub, with
// descriptors, timers and tasks of its own, and runs main with its number, from 0. To
// spread connections over them, let each listen at the same address with
// ListenConfig.ReusePort. RunAll blocks until all have ended, and returns their errors,
// joined: ErrGoexit for a Run in which a task has called runtime.Goexit.
//
// The end of one does not end the others.
func RunAll(n int, main func(i int)) error { return Options{}.RunAll(n, main) }

// RunAll is the function RunAll with options.
func (o Options) RunAll(n int, main func(i int)) error {
	if n < 1 {
		fault.Usage("RunAll on less than one goroutine")
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		errs[i] = ErrGoexit // unless Run returns
		wg.Go(func() { errs[i] = o.Run(func() { sched.NoteEntry(main); main(i) }) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
