package stackful

import (
	"runtime"
	"testing"
	"unsafe"
)

// A goroutine whose place in the table of near owners is another's, or empty, finds
// its own all the same.
func TestNearOwners(t *testing.T) {
	onOwnGoroutine(t, func() {
		mine, other := new(int), new(int)
		SetSlot(unsafe.Pointer(mine))
		o := currentOwner()
		taken := make(chan *owner)
		go func() {
			SetSlot(unsafe.Pointer(other))
			taken <- currentOwner()
		}()
		place := &ownersNear[o.goid%nearOwners]
		for _, there := range []*owner{<-taken, nil} {
			place.Store(there)
			if Slot() != unsafe.Pointer(mine) {
				t.Error("Slot is another goroutine's")
			}
			place.Store(there)
			if nearOwner() != nil || currentOwner() != o || nearOwner() != o {
				t.Error("the owner is another goroutine's")
			}
			place.Store(there)
			if Current() != &o.root {
				t.Error("Current is another goroutine's")
			}
		}
	})
}

// What was on its way is not kept by anybody: the value of a panic, be it refused, and the
// entry of a stack that has ended before it was called.
func TestNothingIsKept(t *testing.T) {
	onOwnGoroutine(t, func() {
		o := currentOwner()
		for _, fast := range []uint64{o.goid, 0} {
			o.fast = fast
			s, got := suspendedOnce(t)
			*got = func(v any) {
				if v != "value" {
					t.Errorf("got %v", v)
				}
			}
			s.SwitchPanic("value")
			if o.panicValue != nil || o.transfer != nil || o.from != nil || o.starting != nil {
				t.Errorf("kept: raised %v, transfer %v, from %v, starting %v", o.panicValue, o.transfer, o.from, o.starting)
			}
		}
		o.fast = o.goid
		foreign, over := make(chan *Stack), make(chan bool)
		go func() {
			s, got := suspendedOnce(t)
			*got = func(any) {}
			foreign <- s
			<-over
			s.Switch(nil)
			close(over)
		}()
		s := <-foreign
		if panicked(func() { s.SwitchPanic("value") }) == nil || s.owner.panicValue != nil {
			t.Errorf("the owner of a refused stack has %v", s.owner.panicValue)
		}
		over <- true
		<-over

		ended := make(chan bool)
		unstarted := New(func(any) (*Stack, any) { t.Error("called"); return nil, nil })
		unstarted.Detach()
		go func() {
			defer close(ended)
			unstarted.Attach()
			unstarted.SwitchRun(func() any { runtime.Goexit(); return nil })
		}()
		<-ended
		if !unstarted.Done() || unstarted.entry != nil {
			t.Errorf("a stack that has ended before it began: done %v, entry kept %v", unstarted.Done(), unstarted.entry != nil)
		}
	})
}
