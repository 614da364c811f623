package poller

import (
	"runtime"
	"strings"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// The hub calls functions of the user's itself, between tasks: those of Link and
// SetErrorHandler. They must not wait, since nobody is left who could be switched to
// meanwhile, and must not block the goroutine, with all its tasks, in place of that.
// Whatever would wait asks mayBlock, or ends in waiter.suspend, which has the caller
// clean up first.

// callOut calls f, a function of the user's, outside of any task.
func (h *hub) callOut(f func()) {
	was := h.current
	h.current = nil
	defer func() { h.current = was }()
	f()
}

// mayBlock is asked by a call that would wait, and whose caller is in no task: h is the
// calling goroutine's hub. It returns if there is none, so that the call may block the
// goroutine, and panics if the hub has called the function that makes it.
func mayBlock(h *hub) {
	if h != nil && h.current == nil {
		fault.Usage(exportedCaller() + " would wait, in a function that the hub itself has called (see Link, SetErrorHandler)")
	}
}

// exportedCaller returns the name of the function of this package that code outside has
// called.
func exportedCaller() string {
	const pkg = "github.com/stackful-go/stackful/poller."
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	name := pkg
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if !strings.HasPrefix(f.Function, pkg) || strings.HasSuffix(f.File, "_test.go") {
			break
		}
		name = f.Function
	}
	return strings.TrimPrefix(name, pkg)
}
