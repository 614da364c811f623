package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
)

// TestStress_bounded is a short run of the program, for every test run. The
// tracer marks goroutines for good, so that with it most switches go the locked
// way: one run has it, one has not.
func TestStress_bounded(t *testing.T) {
	for _, traced := range []bool{false, true} {
		t.Run(fmt.Sprintf("traced=%v", traced), func(t *testing.T) {
			c := config{
				duration: 20 * time.Second, switches: 200_000, goroutines: 2, stacks: 50,
				gc: true, profile: true, trace: traced, trim: true, churn: true,
				move: true, coro: true, poller: true, once: true, seed: uint64(time.Now().UnixNano()),
			}
			if testing.Short() || !stackful.Backend().Native {
				c.switches = 10_000
			}
			report, err := start(c)
			t.Log(report)
			if err != nil {
				t.Fail()
			}
		})
	}
}
