package sched

import "testing"

func TestAllBlocked(t *testing.T) {
	const self = "goroutine 5 [running]:\nmain.f()\n\t/x.go:1 +0x1\n\n"
	for stacks, want := range map[string]bool{
		"goroutine 1 [sync.Mutex.Lock]:\nmain.main()\n\t/x.go:1":                                         true,
		"goroutine 1 [chan receive, 3 minutes]:\nmain.main()\n\ngoroutine 2 [coroutine]:\nmain.g()":      true,
		"goroutine 1 [select]:\nmain.main()\n\ngoroutine 2 [IO wait]:\nmain.g()":                         false,
		"goroutine 1 [semacquire]:\nmain.main()\n\ngoroutine 2 [runnable]:\nmain.g()":                    false,
		"goroutine 1 [select]:\nmain.main()\n\ngoroutine 2 [syscall, locked to thread]:\nmain.g(0x1, 2)": false,
		"goroutine 1 [sleep]:\nmain.main()":                                                              false,
	} {
		if got := allBlocked([]byte(self + stacks)); got != want {
			t.Errorf("%q: %v", stacks, got)
		}
	}
}

func TestIsInside(t *testing.T) {
	for _, r := range []Reason{ParkRead, ParkWrite, ParkAwait, ParkAccept, ParkRuntime, parkSleep, parkNone} {
		if isInside[r] {
			t.Errorf("%v can be ended from outside", r)
		}
	}
}
