//go:build unix

package measure

import (
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the processor time that the process has used, and how often one of its
// threads has slept for want of something to do (voluntary context switches); ok says
// whether the system tells.
func CPU() (used time.Duration, sleeps int64, ok bool) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Nvcsw), true
}
