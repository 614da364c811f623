package stackful_test

import (
	"errors"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stackful-go/stackful"
)

// On Windows every program may be called back from C, without cgo: what tests/cgo tests holds there, too.
func TestCallback(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("needs the native backend")
	}
	refused := func(what string, f func()) {
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, stackful.ErrForeignFrames) {
				t.Errorf("%s: %v", what, err)
			}
		}()
		f()
	}
	waiting := body(func(any) any { return up("waits") })
	want(t, "before", waiting.Switch(nil), any("waits"))
	fresh := body(func(v any) any { return v })
	calls := 0
	compare := syscall.NewCallback(func(a, b *int64) uintptr {
		calls++
		refused("Switch", func() { waiting.Switch("refused") })
		refused("Switch to a fresh stack", func() { fresh.Switch("refused") })
		return uintptr(*a - *b)
	})
	qsort := syscall.NewLazyDLL("msvcrt.dll").NewProc("qsort")
	sorts := func(where string) {
		calls = 0
		numbers := [...]int64{3, 1, 2}
		qsort.Call(uintptr(unsafe.Pointer(&numbers)), uintptr(len(numbers)), unsafe.Sizeof(numbers[0]), compare)
		if calls == 0 || numbers != [...]int64{1, 2, 3} {
			t.Errorf("%s: %d calls sorted %v", where, calls, numbers)
		}
	}
	sorts("on the root")
	body(func(any) any { sorts("on a stack"); return nil }).Switch(nil)
	if fresh.Started() {
		t.Error("a refused switch has started its target")
	}
	want(t, "afterwards", waiting.Switch("goes on"), any("goes on"))
	want(t, "afterwards, a fresh stack", fresh.Switch("v"), any("v"))
}
