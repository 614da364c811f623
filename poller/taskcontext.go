package poller

import "context"

// Context returns a context that is done when the task is killed, or ends. Its
// cause is then ErrKilled, or the task's error. It must be called in a task of the
// same goroutine; the context may be used anywhere.
func (t *Task) Context() context.Context {
	x := t.more()
	if x.ctx == nil {
		x.ctx, x.cancel = context.WithCancelCause(context.Background())
		if t.Ended() {
			x.cancel(t.error())
		}
	}
	return x.ctx
}
