package poller

import (
	"context"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// WaitContext waits until ctx is done and returns context.Cause(ctx).
func WaitContext(ctx context.Context) error {
	if s := sched.VirtualHere(); s != nil {
		return s.WaitContext(ctx)
	}
	var done Event
	stop := context.AfterFunc(ctx, done.Set)
	defer stop()
	done.Wait()
	return context.Cause(ctx)
}
