//go:build unix

package child

import (
	"os/exec"
	"syscall"
)

// detach keeps ctrl-C from a child, in a process group of its own: its parent tells it
// when to stop.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
