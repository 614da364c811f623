//go:build unix

package main

import (
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cpuUsage returns what the process has used of the processors, and how often it
// has slept for want of something to do.
func cpuUsage() (cpu time.Duration, sleeps int64, ok bool) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Nvcsw), true
}

// detach keeps ctrl-C from a child: its parent tells it when to stop.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
