//go:build unix

package sched

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// handleQuit has quit called at SIGQUIT. A patched runtime calls it itself, and only where the program
// does not handle the signal: there is no goroutine that waits for it, which would keep the runtime,
// and Run, from finding a deadlock.
func handleQuit() {
	if signal.Ignored(syscall.SIGQUIT) {
		return
	}
	if runtimepatch.Install(func(h *runtimepatch.Hooks) { h.Quit = quit }) {
		return
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGQUIT)
	runtimepatch.Go(func() {
		<-c
		signal.Reset(syscall.SIGQUIT) // a second one ends the program at once
		quit()
	})
}

// endByQuit ends the program by SIGQUIT, which is not handled any more.
func endByQuit() { syscall.Kill(syscall.Getpid(), syscall.SIGQUIT) }
