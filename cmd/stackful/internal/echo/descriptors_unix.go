//go:build unix

package echo

import (
	"math"
	"syscall"
)

// descriptorLimit returns how many descriptors a process may have open. The go command's own
// start has raised the soft limit to the hard one, as that of each child does.
func descriptorLimit() uint64 {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return math.MaxUint64
	}
	return uint64(r.Cur)
}
