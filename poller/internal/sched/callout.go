package sched

import (
	"runtime"
	"strings"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// The hub calls functions of the user's itself, between tasks: those of Link and
// SetErrorHandler. They must not wait, since nobody is left who could be switched to
// meanwhile, and must not block the goroutine, with all its tasks, in place of that.
// Whatever would wait asks MayBlock, or ends in Waiter.Suspend, which has the caller
// clean up first.

// callOut calls f, a function of the user's, outside of any task.
func (h *Hub) callOut(f func()) {
	was := h.Current
	h.Current = nil
	defer func() { h.Current = was }()
	f()
}

// MayBlock is asked by a call that would wait, and whose caller is in no task: h is the
// calling goroutine's hub. It returns if there is none, so that the call may block the
// goroutine, and panics if the hub has called the function that makes it.
func MayBlock(h *Hub) {
	if h != nil && h.Current == nil {
		fault.Usage(exportedCaller() + " would wait, in a function that the hub itself has called (see Link, SetErrorHandler)")
	}
}

// exportedCaller returns the name of the function of package poller that code outside has
// called.
func exportedCaller() string {
	const (
		pkg  = "github.com/stackful-go/stackful/poller"
		face = pkg + "."
	)
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	name := face
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch {
		case strings.HasPrefix(f.Function, pkg+"/internal/"):
			continue
		case !strings.HasPrefix(f.Function, face) || strings.HasSuffix(f.File, "_test.go"):
			more = false
		default:
			name = f.Function
		}
	}
	return strings.TrimPrefix(name, face)
}
