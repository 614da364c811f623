package sched

import (
	"math"
	"time"
)

// InstantNow returns the instant that the caller is in: Nanotime, or its simulation's clock.
func InstantNow() int64 {
	if s := VirtualHere(); s != nil {
		return s.instant()
	}
	return Nanotime()
}

// Now is poller.Now.
func Now() time.Time {
	if s := VirtualHere(); s != nil {
		return s.wall()
	}
	return time.Now()
}

// After returns the instant d from now; a d of centuries is clamped.
func After(d time.Duration) int64 {
	now := InstantNow()
	if d < 0 {
		return now
	}
	if now > math.MaxInt64-int64(d) {
		return math.MaxInt64
	}
	return now + int64(d)
}

// InstantOf returns t as an instant: Never for the zero Time.
func InstantOf(t time.Time) int64 {
	if t.IsZero() {
		return Never
	}
	if s := VirtualHere(); s != nil {
		return After(t.Sub(s.wall()))
	}
	return After(time.Until(t))
}
