// Package testkit holds what the tests of the programs share.
package testkit

import (
	"crypto/sha256"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// Within fails the test if f has not returned after limit.
func Within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatalf("not done after %v", limit)
	}
}

// Compute stands for what a program computes between two waits, on an input of 256 KiB.
func Compute() byte {
	sum := sha256.Sum256(make([]byte, 256<<10))
	return sum[0]
}

// Synctest runs the scenario in bubbles of testing/synctest, one after the other, until it fails
// or the time in the environment variable BUGS_SYNCTEST is over; once without it.
func Synctest(t *testing.T, scenario func(*testing.T)) {
	limit, _ := time.ParseDuration(os.Getenv("BUGS_SYNCTEST"))
	begin := time.Now()
	runs := 0
	for {
		runs++
		synctest.Test(t, scenario)
		if t.Failed() || time.Since(begin) >= limit {
			break
		}
	}
	t.Logf("bubbles: %d", runs)
}
