//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"io"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// On systems without a readiness backend the connections are package net's, and calls that
// would block are made on a helper goroutine while the task parks. API and meaning are the
// same; only the cost is not.

// offloaded makes a call that may block. If the task is interrupted meanwhile,
// abort must make the call return soon; it is waited for, since it uses the
// caller's buffer, and then restore is called.
func offloaded[T any](h *sched.Hub, abort, restore func(), f func() (T, error)) (T, error) {
	if h == nil || h.Current == nil {
		sched.MayBlock(h)
		return f()
	}
	done := make(chan struct{})
	finished := false
	defer func() {
		if !finished {
			abort()
			<-done
			restore()
		}
	}()
	v, err := sched.AwaitOn(sched.StartGoroutine, func() (T, error) {
		defer close(done)
		return f()
	})
	finished = true
	return v, err
}

// past is the deadline that aborts a call; the deadline in force before is restored after
// it.
var past = time.Unix(1, 0)

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// own has c closed at the end of the calling task's Run, if there is one.
func own(c io.Closer) *sched.Hub {
	h := sched.Here()
	if h != nil {
		h.CloseOnExit(c)
	}
	return h
}

func disown(h *sched.Hub, c io.Closer) {
	if h != nil {
		h.CancelCloseOnExit(c)
	}
}
