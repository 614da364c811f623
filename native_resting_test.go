package stackful

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

func addressOf(s *Stack) uintptr { return uintptr(unsafe.Pointer(s)) }

// saying calls f while the words on g's stack are w and its complement.
func saying(g, w uintptr, f func()) {
	at := peek(g+asm.GStktopsp) - stackWordOffset
	word, inverse := wordOf(at, 0), wordOf(at-8, 0)
	was, complement := *word, *inverse
	defer func() { *word, *inverse = was, complement }()
	*word, *inverse = w, ^w
	f()
}

// What a carrier says of a stack is believed only if that says the same, and words that no trampoline
// has left are no stack's.
func TestRestingOn(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	root := Current()
	suspended := func() *Stack {
		s := New(func(any) (*Stack, any) { root.Switch(nil); return nil, nil })
		s.Switch(nil)
		return s
	}
	s, other := suspended(), suspended()
	defer other.Switch(nil)
	defer s.Switch(nil)
	x := s.carrier()
	owner := uintptr(unsafe.Pointer(root.owner))
	if w, of := restingOn(x); w != addressOf(s) || of != owner {
		t.Errorf("on the carrier of %p rests %#x, of %#x, want %#x", s, w, of, owner)
	}
	defer func(host, pulled uintptr) { s.host, s.yieldHost = host, pulled }(s.host, s.yieldHost)
	s.host, s.yieldHost = 0, x|hasDeferOrPanic
	if w, _ := restingOn(x); w != addressOf(s) {
		t.Errorf("found %#x instead of a stack that waits in a yield", w)
	}
	s.host, s.yieldHost = x|hasDeferOrPanic, 0
	inverse := wordOf(peek(x+asm.GStktopsp)-stackWordOffset-8, 0)
	*inverse++
	if w, of := restingOn(x); w != 0 || of != 0 {
		t.Errorf("without the complement: found %#x, of %#x", w, of)
	}
	*inverse--
	for _, c := range []struct {
		name string
		s    *Stack
	}{
		{"one that rests elsewhere", other},
		{"a fresh one", &Stack{owner: root.owner, state: stateFresh, host: x}},
		{"one that is done", &Stack{owner: root.owner, state: stateDone, host: x}},
	} {
		saying(x, addressOf(c.s), func() {
			if w, of := restingOn(x); w != 0 || of != 0 {
				t.Errorf("%s: found %#x, of %#x", c.name, w, of)
			}
		})
		runtime.KeepAlive(c.s)
	}
	const unmapped = 1 << 46 // by Linux, unless it was requested
	for _, address := range []uint64{0, ^uint64(0), 1, 4096, unmapped, 1 << 63} {
		w := uintptr(address)
		saying(x, w, func() {
			if got, of := restingOn(x); got != 0 || of != 0 {
				t.Errorf("%#x: found %#x, of %#x", w, got, of)
			}
		})
	}
}
