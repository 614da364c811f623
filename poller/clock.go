package poller

import (
	"math"
	"time"
)

// Instants are nanoseconds of the monotonic clock since the process started, in
// an int64. noInstant, 0, stands for "never".
const noInstant = 0

var clockBase = time.Now().Add(-1) // so that no instant is 0

func nanotime() int64 { return int64(time.Since(clockBase)) }

// after returns the instant d from now; a d of centuries is clamped.
func after(d time.Duration) int64 {
	now := nanotime()
	if d < 0 {
		return now
	}
	if int64(d) > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + int64(d)
}

// instantOf returns t as an instant: noInstant for the zero Time.
func instantOf(t time.Time) int64 {
	if t.IsZero() {
		return noInstant
	}
	return after(time.Until(t))
}
