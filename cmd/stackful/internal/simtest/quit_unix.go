//go:build unix

package simtest

import (
	"os"
	"syscall"
)

// quit has the process write its stacks and end.
func quit(p *os.Process) error { return p.Signal(syscall.SIGQUIT) }
