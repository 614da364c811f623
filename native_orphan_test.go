package stackful

import (
	"testing"
)

// Carriers that have ended and are used again are looked at, also when the list has been
// cleared of those that were not.
func TestCarrierSet(t *testing.T) {
	const n = endedKept + 10
	var c carrierSet
	for g := range uintptr(n) {
		c.add([]uintptr{g})
	}
	c.remove(1)
	c.add([]uintptr{1})
	c.front = 5
	for g := range uintptr(endedKept - 1) {
		c.remove(g + 2)
	}
	if got := len(c.snapshot()); got != n {
		t.Errorf("%d carriers after fewer ends than are kept, want %d", got, n)
	}
	c.remove(0)
	left := c.snapshot()
	if len(left) != n-endedKept || left[0] != 1 || c.front != 0 {
		t.Errorf("%d carriers, beginning with %d, front %d; want %d, 1, 0", len(left), left[0], c.front, n-endedKept)
	}
	c.add([]uintptr{0})
	if got := len(c.snapshot()); got != n-endedKept+1 {
		t.Errorf("%d carriers with a new one", got)
	}
}
