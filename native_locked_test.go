package stackful

import (
	"io"
	"runtime"
	"runtime/trace"
	"sync/atomic"
	"testing"
	"unsafe"
)

// wordOf returns where a word of g is.
func wordOf(g, offset uintptr) *uintptr {
	p := *(*unsafe.Pointer)(unsafe.Pointer(&g))
	return (*uintptr)(unsafe.Add(p, offset))
}

func statusOf(g uintptr) *uint32 { return (*uint32)(unsafe.Pointer(wordOf(g, gAtomicstatus))) }

// A goroutine that the tracer has seen must not touch a carrier while the tracer
// has suspended it: here the test does what the tracer does, for long.
func TestTrace_suspendedCarrier(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	if !inOwnProcess(t) {
		return
	}
	if err := trace.Start(io.Discard); err != nil {
		t.Skip(err) // the tests are traced
	}
	defer trace.Stop()
	done := make(chan bool)
	go func() { // its start is an event
		defer close(done)
		var released atomic.Bool
		early := false
		s := New(func(any) (*Stack, any) {
			Current().Root().Switch(nil)
			early = !released.Load()
			return nil, nil
		})
		s.Switch(nil)
		x := s.carrier()
		for !atomic.CompareAndSwapUint32(statusOf(x), statusWaiting, statusWaitingLocked) {
			runtime.Gosched()
		}
		go func() {
			for range 50 {
				runtime.Gosched()
			}
			released.Store(true)
			atomic.StoreUint32(statusOf(x), statusWaiting)
		}()
		s.Switch(nil)
		if early {
			t.Error("a stack was resumed while its carrier was suspended")
		}
	}()
	<-done
}

// A stack that ends by Goexit ends inside of a panic's deferred calls: its carrier
// must forget them, or the next stack there starts in the middle of them.
func TestGoexit_carrierForgets(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		var x uintptr
		defer func() {
			if p, d := *wordOf(x, gPanic), *wordOf(x, gDefer); p != 0 || d != 0 {
				t.Errorf("a free carrier has the panic %#x and the deferred call %#x", p, d)
			}
		}()
		s := New(func(any) (*Stack, any) {
			for range 2 { // records on the list
				defer func() {}()
			}
			x = Current().Root().carrier()
			runtime.Goexit()
			return nil, nil
		})
		s.Switch(nil)
	}()
	<-done
}
