package stackful

import (
	"unsafe"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// # A patched runtime
//
// `stackful build` patches package runtime so that a wait of a task, in a channel say, parks the
// task: the runtime itself exchanges the running stack with the root, in the way that switchLocked
// does, and leaves it on a carrier that is a waiting goroutine like any other. The picture and the
// invariants are at the head of cmd/stackful/internal/overlay/files/runtime.go.txt. For this
// package they come to:
//
//   - A stack that waits in the runtime has host = 0 and yieldHost = 0, so that every routine here
//     takes it for one that cannot be resumed; and restingOn does not find it. Its inRuntime names the carrier.
//   - It is resumed by a switch like any other once the hub has had host set (Functions.Expose). Its
//     frame expects no value, and takes that of a Switch as well.
//   - Its carrier's g has sudogs and fields of the wait, which name the carrier, until it has run. So
//     it must not change carriers: nothing here moves a suspended stack but to run it.
//
// What native_lockfree.go says of who looks at a carrier holds for such a one, too: the runtime exchanges
// under the same conditions, on g0, which has no safe point either. (The goroutine leak profile, which
// marks goroutines that nothing can wake, may find such a task: then it is right, and nothing will ask to
// resume it.)

// installHooks tells the patched runtime what it must know of stacks.
func installHooks(h *runtimepatch.Hooks) {
	var s Stack
	h.Host = unsafe.Offsetof(s.host)
	h.Black = unsafe.Offsetof(s.black)
	h.InRuntime = unsafe.Offsetof(s.inRuntime)
	h.Sentinel = sentinel
	runtimepatch.OwnerHere = func(h *runtimepatch.Hub) {
		o := currentOwner()
		h.Current = &o.current
		h.Root = uintptr(unsafe.Pointer(&o.root))
		h.Race = unsafe.Pointer(&o.race)
		h.Fast = &o.fast
	}
	runtimepatch.Parked = func(stack uintptr) {
		s := *(**Stack)(unsafe.Pointer(&stack))
		if o := s.owner; o.hook != nil {
			o.hook(s, &o.root, false)
		}
	}
}
