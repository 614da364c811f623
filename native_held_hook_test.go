package stackful

import (
	"errors"
	"testing"
)

// A generator that cannot be resumed because of the goroutine stays as it is: it has no resumer, and
// it is resumed later.
func TestHeld_refusedGenerator(t *testing.T) {
	needFastYield(t)
	onOwnGoroutine(t, func() {
		var slot [4]int
		ended := false
		s := new(Stack)
		s.Init(func(s *Stack, _ any) (*Stack, any) {
			yield := NewYield(s, &slot[0], func(v int) bool { slot[0] = v; return s.Yielded() })
			for i := 1; yield(i); i++ {
			}
			ended = true
			return s.Resumer(), nil
		})
		s.Resume(true)
		o, yieldHost := currentOwner(), s.yieldHost
		if yieldHost == 0 || s.host != 0 {
			t.Fatalf("not suspended in a fast yield: host %#x, yieldHost %#x", s.host, yieldHost)
		}
		o.foreign, o.fast = true, 0
		for name, f := range map[string]func(){
			"Resume":      func() { s.Resume(true) },
			"Switch":      func() { s.Switch(nil) },
			"ResumePanic": func() { s.ResumePanic("thrown") },
		} {
			err, _ := panicked(f).(error)
			if !errors.Is(err, ErrForeignFrames) {
				t.Errorf("%s: panic %v", name, err)
			}
			if s.Resumer() != nil || s.host != 0 || s.yieldHost != yieldHost {
				t.Errorf("%s, refused, leaves resumer %p, host %#x, yieldHost %#x, which was %#x", name, s.Resumer(), s.host, s.yieldHost, yieldHost)
			}
		}
		o.foreign, o.fast = false, o.goid
		s.Resume(true)
		if slot[0] != 2 {
			t.Errorf("got %d, want 2", slot[0])
		}
		s.Resume(false)
		if !ended || !s.Done() {
			t.Error("has not ended")
		}
	})
}

func needFastYield(t *testing.T) {
	if raceEnabled {
		t.Skip("there is no fast yield under the race detector")
	}
}

func panicked(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
