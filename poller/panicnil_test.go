package poller

import (
	"errors"
	"testing"
)

// A panic with nil is a panic, though recover does not show one with this setting.
func TestPanicNil(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	defer SetErrorHandler(SetErrorHandler(func(*Task, *PanicError) {}))
	nothing := func() { panic(nil) }
	var linked int
	run(t, func() {
		var panicked *PanicError
		if err := Go(nothing).Join(); !errors.As(err, &panicked) || panicked.Value != nil {
			t.Errorf("the task's error: %v", err)
		}
		SetErrorHandler(func(*Task, *PanicError) { linked++ })
		task := Go(func() {})
		task.Link(func(*Task) { nothing() })
		task.Join()
		err, _ := panicOf(func() { Await(func() (int, error) { nothing(); return 0, nil }) }).(error)
		if !errors.As(err, &panicked) || panicked.Value != nil {
			t.Errorf("Await panics with %v", err)
		}
	})
	if linked != 1 {
		t.Errorf("%d panics in a link were reported", linked)
	}
}
