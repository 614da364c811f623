package poller

import (
	"errors"
	"runtime"
	"testing"
	"time"
)

// A panic of a deferred call that a Goexit runs ends the task like any other: Join, and Run, tell
// of it, and the goroutine goes on.
func TestGoexit_thenPanic(t *testing.T) {
	lost := errors.New("lost?")
	dies := func() {
		defer func() { panic(lost) }()
		runtime.Goexit()
	}
	runs := func(main func()) error {
		done := make(chan error, 2)
		go func() {
			defer func() { done <- errors.New("the goroutine has ended") }()
			done <- Run(main)
		}()
		return <-done
	}
	if err := runs(dies); !errors.Is(err, lost) {
		t.Error("main:", err)
	}
	others := 0
	if err := runs(func() {
		other := Go(func() { Yield(); Sleep(time.Microsecond); others++ })
		task := Go(dies)
		if err := task.Join(); !errors.Is(err, lost) {
			t.Error("Join:", err)
		}
		if err := other.Join(); err != nil {
			t.Error("another task:", err)
		}
		Go(func() { others++ }).Join()
	}); err != nil || others != 2 {
		t.Error("Run:", err, others)
	}
	// One that is recovered leaves the Goexit as it was.
	if err := runs(func() {
		Go(func() {
			defer func() { recover() }()
			dies()
		}).Join()
		Yield()
		t.Error("main went on")
	}); err == nil || err.Error() != "the goroutine has ended" {
		t.Error("recovered:", err)
	}
}
