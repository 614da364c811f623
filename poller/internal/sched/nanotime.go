package sched

import (
	"math"
	"time"

	"github.com/stackful-go/stackful/poller/internal/timers"
)

// Never is the instant of a wait without a limit. An instant is a number of nanoseconds of
// the monotonic clock since the process started, in an int64; in a simulation, of its
// clock. No clock reading is 0.
const Never = timers.Never

var clockBase = time.Now().Add(-1) // so that no instant is 0

// Nanotime returns the instant of the monotonic clock, in a simulation too.
func Nanotime() int64 { return int64(time.Since(clockBase)) }

// until returns how long it is until the instant at. The clock of a synctest bubble
// shows instants below 0, so a far one can be further away than a Duration tells.
func until(at int64) time.Duration {
	now := Nanotime()
	if now < 0 && at > math.MaxInt64+now {
		return math.MaxInt64
	}
	return time.Duration(at - now)
}
