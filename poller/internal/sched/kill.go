package sched

import "time"

// Kill is Task.Kill of package poller.
func (t *Task) Kill() {
	t.KillNoWait()
	t.JoinUntil(Never)
}

// KillTimeout is Task.KillTimeout of package poller.
func (t *Task) KillTimeout(d time.Duration) error {
	t.KillNoWait()
	if ended, err := t.JoinUntil(After(d)); !ended {
		return err
	}
	return nil
}

// KillNoWait is Task.KillNoWait of package poller.
func (t *Task) KillNoWait() {
	h := Here()
	switch {
	case t.HasEnded.Load():
	case h != t.Hub:
		t.Hub.Post(func(*Hub) { t.KillLocal() })
	case t == h.Current:
		panic(ErrKilled)
	default:
		t.KillLocal()
	}
}

// KillLocal kills t. It must be called on the goroutine of t's hub, not in t itself.
func (t *Task) KillLocal() {
	switch {
	case t.HasEnded.Load():
	case !t.started:
		t.End(WasKilled)
	default:
		t.Fiber.killed = true
		if x := t.Extra.Load(); x != nil && x.cancel != nil {
			x.cancel(ErrKilled)
		}
		t.Fiber.interrupt()
	}
}
