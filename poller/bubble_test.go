package poller

import (
	"testing"
	"testing/synctest"
	"time"
)

// Goroutines in synctest bubbles, and outside of any, may wait one after the other: what one of
// them has waited with belongs to its bubble.
func TestBubble_goroutinesWait(t *testing.T) {
	handOver := func() {
		t.Helper()
		c := NewChan[int](0)
		go func() { time.Sleep(time.Millisecond); c.Send(7) }()
		if v, ok := c.Recv(); v != 7 || !ok {
			t.Error(v, ok)
		}
		var m Mutex
		m.Lock()
		if m.LockTimeout(time.Millisecond) {
			t.Error("locked twice")
		}
	}
	for range 3 {
		synctest.Test(t, func(*testing.T) { handOver() })
		handOver()
	}
}
