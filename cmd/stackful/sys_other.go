//go:build !unix

package main

import (
	"os/exec"
	"time"
)

// cpuUsage would return what the process has used of the processors.
func cpuUsage() (cpu time.Duration, sleeps int64, ok bool) { return 0, 0, false }

// detach would keep ctrl-C from a child.
func detach(*exec.Cmd) {}
