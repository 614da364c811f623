package poller

import (
	"math"
	"time"
)

// Instants are nanoseconds of the monotonic clock since the process started, in
// an int64. noInstant, 0, stands for "never". In a simulation they are nanoseconds
// of its clock.
const noInstant = 0

var clockBase = time.Now().Add(-1) // so that no instant is 0

func nanotime() int64 { return int64(time.Since(clockBase)) }

// instantNow is nanotime, or in a simulation its clock.
func instantNow() int64 {
	now := nanotime()
	if s := virtualHere(); s != nil {
		now = s.now
	}
	return now
}

// Now returns the time: of the clock of the simulation in which it is called, see
// Simulate; elsewhere it is time.Now. Tasks that are to be simulated ask it in place
// of time.Now, which cannot be told of simulations. It may be called from any
// goroutine.
func Now() time.Time {
	if s := virtualHere(); s != nil {
		return s.wall()
	}
	return time.Now()
}

// after returns the instant d from now; a d of centuries is clamped.
func after(d time.Duration) int64 {
	now := nanotime()
	if s := virtualHere(); s != nil {
		now = s.now
	}
	if d < 0 {
		return now
	}
	if now > math.MaxInt64-int64(d) {
		return math.MaxInt64
	}
	return now + int64(d)
}

// until returns how long it is until the instant at. The clock of a synctest bubble
// shows instants below 0, so a far one can be further away than a Duration tells.
func until(at int64) time.Duration {
	now := nanotime()
	if now < 0 && at > math.MaxInt64+now {
		return math.MaxInt64
	}
	return time.Duration(at - now)
}

// instantOf returns t as an instant: noInstant for the zero Time.
func instantOf(t time.Time) int64 {
	if t.IsZero() {
		return noInstant
	}
	if s := virtualHere(); s != nil {
		return after(t.Sub(s.wall()))
	}
	return after(time.Until(t))
}
