package stackful

import (
	"testing"
	"time"
)

// A dump that had to wait for a processor does not put off the next one by a hundred times that.
func TestDumpCost(t *testing.T) {
	for _, c := range []struct {
		took       time.Duration
		goroutines int
		want       time.Duration
	}{
		{5 * time.Millisecond, 350, 5 * time.Millisecond},
		{500 * time.Millisecond, 350, 18500 * time.Microsecond},
		{time.Second, 0, time.Millisecond},
	} {
		if got := dumpCost(c.took, c.goroutines); got != c.want {
			t.Errorf("%v, %d goroutines: %v, want %v", c.took, c.goroutines, got, c.want)
		}
	}
}
