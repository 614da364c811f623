package sched

import (
	"runtime"
	"strings"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// The hub itself calls functions of the user, between tasks: those of Link and
// SetErrorHandler. They must not park, since there is no task to park, and must not block
// the goroutine, with all its tasks, instead. A call that would wait asks MayBlock, or ends
// in Waiter.Suspend, which has the caller clean up before the panic.

// callOut calls f, a function of the user's, outside of any task: Current is nil meanwhile.
func (h *Hub) callOut(f func()) {
	was := h.Current
	h.Current = nil
	defer func() { h.Current = was }()
	f()
}

// MayBlock must be called before a call that is made outside any task blocks its goroutine.
// h is the calling goroutine's hub. It returns if h is nil, or in a task; it panics if
// the call is made in a function that the hub itself has called.
func MayBlock(h *Hub) {
	if h != nil && h.Current == nil {
		fault.Usage(exportedCaller() + " would wait, in a function that the hub itself has called (see Link, SetErrorHandler)")
	}
}

// NeedHub returns the calling goroutine's hub. Without one it panics with the name of the
// function of package poller that was called, and the remedy.
func NeedHub(remedy string) *Hub {
	h := Here()
	if h == nil {
		fault.Usage(plainCaller() + " outside of Run: " + remedy)
	}
	return h
}

// plainCaller returns exportedCaller as a user would write it: Group.Go, and Async.
func plainCaller() string {
	name, _, _ := strings.Cut(strings.NewReplacer("(*", "", ")", "", "[...]", "").Replace(exportedCaller()), ".func")
	return name
}

// exportedCaller returns the name of the function of package poller through which the user's
// code came here, for the text of a panic.
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
