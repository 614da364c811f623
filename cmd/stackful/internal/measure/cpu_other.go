//go:build !unix

package measure

import "time"

// CPU would return the processor time that the process has used; ok is false.
func CPU() (used time.Duration, sleeps int64, ok bool) { return 0, 0, false }
