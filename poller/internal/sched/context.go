package sched

import "context"

// Context is Task.Context of package poller.
func (t *Task) Context() context.Context {
	x := t.More()
	if x.ctx == nil {
		x.ctx, x.cancel = context.WithCancelCause(context.Background())
		if t.Ended() {
			x.cancel(t.Error())
		}
	}
	return x.ctx
}
