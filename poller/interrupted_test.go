package poller

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A waitScene is one call that waits, and what it waits for.
type waitScene struct {
	wait  func()        // the call
	wake  func()        // has the call of one waiter come back; called once
	undo  func()        // gives what a call has got to the next one, as its caller would
	check func() string // what is wrong when nobody is in a call any more

	// hold and release, which may be nil, are before the victim is woken, and before the end: meanwhile
	// the call cannot come back even if it is woken.
	hold, release func()

	settle func()        // lets everybody run that can; nil: by Yield
	end    func()        // the end of the scene, if not nil
	alone  bool          // there can be only one caller
	after  time.Duration // how long outsiders may take to be done
}

// When the victim is interrupted.
var waitSteps = []string{"before", "parked", "woken", "woken after", "resumed"}

// How the victim is interrupted.
var interruptions = []string{"kill", "timeout", "timeout, kill", "kill, timeout", "twice"}

// Each call that waits is interrupted at each step. All that the victim was given is kept:
// another waiter gets it, in the same round, and nothing stays locked, queued or armed.
func TestInterrupted(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(waitScenes)) {
		make := waitScenes[name]
		t.Run(name, func(t *testing.T) {
			for _, step := range waitSteps {
				for _, how := range interruptions {
					run(t, func() { interruptAt(t, make(t), step, how) })
				}
			}
		})
	}
}

func interruptAt(t *testing.T, s *waitScene, step, how string) {
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s, %s: %s", step, how, fmt.Sprintf(format, args...))
	}
	h := sched.Here()
	settle := func() {
		for range 10 {
			Yield()
			if s.settle != nil {
				s.settle()
			}
		}
	}
	if s.end != nil {
		defer s.end()
	}
	kills := how != "timeout"
	call := func() {
		s.wait()
		defer s.undo()
		Yield()
	}
	var victim *Task
	interrupt := func() {
		for i, what := range map[string][]string{
			"kill": {"kill"}, "timeout": {"timeout"}, "twice": {"kill", "kill"},
			"timeout, kill": {"timeout", "kill"}, "kill, timeout": {"kill", "timeout"},
		}[how] {
			if what == "timeout" {
				expireScope(h, victim)
			} else if victim != Current() {
				victim.KillNoWait()
			} else {
				victim.sched().KillLocal()
			}
			if how == "twice" && i == 0 && victim != Current() {
				settle()
			}
		}
	}
	var timedOut error
	victim = Go(func() {
		timedOut = WithTimeout(time.Hour, func() error {
			if step == "before" {
				interrupt()
			}
			call()
			return nil
		})
		Yield()
	})
	var bystander *Task
	if !s.alone {
		bystander = Go(func() { call() })
	}
	Yield()
	if s.hold != nil {
		s.hold()
	}
	switch step {
	case "before":
		s.wake()
	case "parked":
		interrupt()
		settle()
		s.wake()
	case "woken":
		s.wake()
		interrupt()
	case "woken after":
		interrupt()
		s.wake()
	case "resumed":
		s.wake()
		settle()
		interrupt()
	}
	settle()
	if s.release != nil {
		s.release()
	}
	if err := victim.JoinTimeout(10 * time.Second); errors.Is(err, os.ErrDeadlineExceeded) {
		wrong("the victim does not end: %s", h.Dump())
		return
	}
	// A victim that is not interrupted before it has all that it waits for ends by itself.
	switch err := victim.Err(); {
	case kills && err != ErrKilled && (step != "resumed" || err != nil):
		wrong("the victim ended with %v", err)
	case !kills && (err != nil || timedOut == nil && step != "resumed"):
		wrong("the victim ended with %v, its WithTimeout with %v", err, timedOut)
	}
	if bystander != nil {
		if err := bystander.JoinTimeout(10 * time.Second); err != nil {
			wrong("another one that waits: %v: %s", err, h.Dump())
			return
		}
	} else if s.alone {
		again := Go(func() { call() })
		Yield()
		s.wake()
		if err := again.JoinTimeout(10 * time.Second); err != nil {
			wrong("the next one that waits: %v", err)
			return
		}
	}
	settle()
	bad := s.check()
	for end := time.Now().Add(s.after); bad != "" && time.Now().Before(end); bad = s.check() {
		Sleep(time.Millisecond)
	}
	if bad != "" {
		wrong("%s", bad)
	}
	if h.Tasks.Joining != 0 || len(h.Scopes.Overdue) != 0 || len(h.Timers.Entries) != 0 {
		wrong("left: %d joining, %d overdue, %d timers", h.Tasks.Joining, len(h.Scopes.Overdue), len(h.Timers.Entries))
	}
}

// expireScope has the WithTimeout of t come to its end now.
func expireScope(h *sched.Hub, t *Task) {
	for i := range h.Timers.Entries {
		if s, ok := h.Timers.Entries[i].T.Owner.(*sched.Scope); ok && s.Task == t.sched() {
			h.Timers.Disarm(&s.Timer)
			s.Expire(0)
			return
		}
	}
}
