//go:build linux && !poller_std

package poller

import (
	"errors"
	"os"
	"testing"
	"time"
)

// A read of what is there already never waits, and the runtime's poller does not
// know of a task's socket: its deadlines are noticed all the same.
func TestPatched_deadlineOfReadyData(t *testing.T) {
	inPatched(t, func() {
		const d = 2 * time.Millisecond
		const long = 30 * time.Second // not to be reached
		c1, c2 := stdPair(t)
		defer c1.Close()
		defer c2.Close()
		b := make([]byte, 1)
		// readUntil reads bytes that have come, for that long or until there is an error.
		readUntil := func(end time.Time) error {
			for time.Now().Before(end) {
				if _, err := c2.Write(b); err != nil {
					return err
				}
				if _, err := c1.Read(b); err != nil {
					return err
				}
			}
			return nil
		}
		set := func(at time.Time) (was time.Time) {
			t.Helper()
			needNil(t, c1.SetReadDeadline(at))
			return at
		}
		passes := func(what string, at time.Time) {
			t.Helper()
			err := readUntil(at.Add(long))
			if !errors.Is(err, os.ErrDeadlineExceeded) || time.Now().Before(at) {
				t.Fatalf("%s: %v, %v after the deadline", what, err, time.Since(at))
			}
			set(time.Time{})
			if _, err := c1.Read(b); err != nil { // what has been written before the refusal
				t.Fatalf("%s, then none: %v", what, err)
			}
		}
		holds := func(what string, end time.Time) {
			t.Helper()
			if err := readUntil(end); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		passes("the first", set(time.Now().Add(d)))
		for range 3 {
			set(time.Now().Add(d))
			set(time.Now().Add(time.Hour))
			holds("moved on", time.Now().Add(2*d))
		}
		set(time.Now().Add(d))
		passes("moved on once", set(time.Now().Add(3*d)))
		set(time.Now().Add(time.Hour))
		passes("moved back", set(time.Now().Add(d)))
		set(time.Now().Add(d))
		set(time.Time{})
		holds("taken back", time.Now().Add(3*d))
		set(time.Now().Add(time.Hour))
		holds("far", time.Now().Add(d))
		// Without the monotonic clock, which has another zero.
		passes("of the wall clock", set(time.Now().Add(d).Round(0)))
		set(time.Now().Add(-time.Hour))
		if _, err := c1.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("in the past: %v", err)
		}
		// What a goroutine's wait finds, who gives the socket to the runtime.
		at := set(time.Now().Add(d))
		_, err := Await(func() (int, error) { return c1.Read(b) })
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Now().Before(at) {
			t.Errorf("in a goroutine: %v", err)
		}
		passes("known to the runtime", set(time.Now().Add(d)))
	})
}
