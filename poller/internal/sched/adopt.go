package sched

import "github.com/stackful-go/stackful/internal/runtimepatch"

// Go statements of tasks. In a hub that adopts them (Options.AdoptGo) a go statement that a task
// executes starts a task: package runtime calls adopt. (So the go statements of this module's own are
// calls of runtimepatch.Go.) Such a task, whose Extra.createdBy is set, ends as a goroutine does: a
// panic that nothing recovers ends the program, and Goexit the task alone.

func init() {
	if runtimepatch.Runtime != nil {
		runtimepatch.Install(func(h *runtimepatch.Hooks) { h.Adopt = adopt })
	}
}

// adopt makes f, of the go statement before pc, a task of the calling one's hub.
func adopt(f func(), pc uintptr) { Here().adopt(f, pc) }

// adopt makes f a task, which is taken for one of the go statement before pc.
func (h *Hub) adopt(f func(), pc uintptr) {
	t := h.NewTask(f)
	t.More().createdBy = pc
	if h.Ending.Dying {
		t.End(WasKilled)
		return
	}
	h.MakeReady(t)
}
