//go:build !unix

package child

import "os/exec"

// detach would keep ctrl-C from a child: there it reaches both, and both stop.
func detach(*exec.Cmd) {}
