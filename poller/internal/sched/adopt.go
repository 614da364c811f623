package sched

import (
	"fmt"
	"runtime"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// Go statements of tasks. In a hub that adopts them (Options.AdoptGo) a go statement that a task
// executes starts a task, which package runtime asks for: Adopt. (So the go statements of this module's
// own are calls of runtimepatch.Go.) Such a task, whose Extra.createdBy is set, ends as a goroutine does: a
// panic that nothing recovers ends the program, and Goexit the task alone.

func init() {
	if runtimepatch.Runtime != nil {
		runtimepatch.Install(func(h *runtimepatch.Hooks) { h.Adopt = adopt })
	}
}

// adopt makes f, of the go statement before pc, a task of the calling one's hub.
func adopt(f func(), pc uintptr) {
	h := Here()
	t := h.NewTask(f)
	t.More().createdBy = pc
	if h.Ending.Dying {
		t.End(WasKilled)
		return
	}
	h.MakeReady(t)
}

// isGo reports whether t ends as a goroutine does.
func (t *Task) isGo() bool {
	x := t.Extra.Load()
	return x != nil && x.createdBy != 0
}

// diesOfPanic reports whether the panic that ends t, if it is one, must end the program. It must be
// called in the deferred call that the panic makes.
func (t *Task) diesOfPanic() bool {
	if !t.isGo() {
		return false
	}
	v, ok := runtimepatch.Runtime.Panicking()
	return ok && !isKill(v)
}

// creation says where t was started, as dumps of goroutines do; "" if by no go statement.
func (t *Task) creation() string {
	if !t.isGo() {
		return ""
	}
	if t.Extra.Load().createdBy == byProgram {
		return ""
	}
	f, _ := runtime.CallersFrames([]uintptr{t.Extra.Load().createdBy}).Next()
	return fmt.Sprintf(", created by %s at %s:%d", f.Function, f.File, f.Line)
}
