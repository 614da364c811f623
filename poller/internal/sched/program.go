package sched

import "github.com/stackful-go/stackful/internal/runtimepatch"

// A program may be run as tasks as a whole: then main is the first task of a hub that adopts go statements
// and does not end before the program does.

// RunPrograms has the program's main function run as a task, once the packages are initialized. The runtime
// must be patched.
func RunPrograms() {
	runtimepatch.Install(func(h *runtimepatch.Hooks) {
		h.Main = func(main func()) func() { return func() { runProgram(main) } }
	})
}

// runProgram returns when main has, and the program is about to end. So it leaves all other tasks as
// they are.
func runProgram(main func()) {
	h, err := New()
	if err != nil {
		panic(err)
	}
	h.isProgram = true
	h.rt.Adopts = true
	h.usePreemption(DefaultTimeSlice) // the program has been written for goroutines
	h.attach()
	if !h.patched {
		panic("poller: the program cannot run as tasks, as the runtime's poller does not take the hub's descriptor")
	}
	h.startMain(Options{Labels: true}, main)
	h.Ending.main.More().createdBy = byProgram
	h.rootLoop()
	if h.Ending.failure != nil {
		panic(h.Ending.failure)
	}
}
