package stackful_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

// TestFramePointer_afterSwitch: a resumed frame has its own frame pointer,
// which the block profile (and the tracer) follow through all of its callers.
func TestFramePointer_afterSwitch(t *testing.T) {
	runtime.SetBlockProfileRate(1)
	defer runtime.SetBlockProfileRate(0)
	s := stackful.New(func(any) (*stackful.Stack, any) {
		framePointerOuter()
		return nil, nil
	})
	s.Switch(nil)
	s.Switch(nil)
	records := make([]runtime.BlockProfileRecord, 1000)
	n, ok := runtime.BlockProfile(records)
	if !ok {
		t.Fatal("more than 1000 records")
	}
	for _, r := range records[:n] {
		var names []string
		frames := runtime.CallersFrames(r.Stack())
		for f, more := frames.Next(); ; f, more = frames.Next() {
			names = append(names, f.Function)
			if !more {
				break
			}
		}
		all := strings.Join(names, "\n")
		if !strings.Contains(all, "framePointerInner") {
			continue
		}
		if !strings.Contains(all, "framePointerOuter") {
			t.Errorf("the block profile lost the callers of the frame that had switched:\n%s", all)
		}
		return
	}
	t.Error("the blocked frame is not in the block profile")
}

//go:noinline
func framePointerOuter() { framePointerInner(stackful.Current().Root()) }

//go:noinline
func framePointerInner(root *stackful.Stack) {
	root.Switch(nil)
	<-sentWhenParked("framePointerInner")
}
