package main

import (
	"testing"
	"time"

	"github.com/stackful-go/stackful"
)

// TestStress_bounded is a short run of the program, for every test run.
func TestStress_bounded(t *testing.T) {
	c := config{
		duration: 20 * time.Second, switches: 400_000, goroutines: 2, stacks: 50,
		gc: true, profile: true, trace: true, churn: true, seed: uint64(time.Now().UnixNano()),
	}
	if testing.Short() || !stackful.Backend().Native {
		c.switches = 20_000
	}
	r := run(c)
	t.Log(r)
	if r.failed() {
		t.Fail()
	}
}
