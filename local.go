package stackful

import (
	"sync/atomic"
	"unsafe"
)

// An OwnerLocal is a variable with one value for each goroutine that owns
// stacks, shared by all stacks of that goroutine, and kept as long as it lives. It is how a layer above finds
// its own per-goroutine state, such as a scheduler. Make it with NewOwnerLocal,
// once, in a package variable: there is no way to delete one.
type OwnerLocal[T any] struct{ index int32 }

var ownerLocals atomic.Int32

// NewOwnerLocal returns a new variable, holding T's zero value on every goroutine.
func NewOwnerLocal[T any]() OwnerLocal[T] {
	return OwnerLocal[T]{index: ownerLocals.Add(1) - 1}
}

// Get returns the running goroutine's value.
func (l OwnerLocal[T]) Get() (v T) {
	o := nearOwner() // without currentOwner's frame, since schedulers call Get often
	if o == nil {
		o = currentOwner()
	}
	raceEnter(o)
	if int(l.index) < len(o.locals) {
		v, _ = o.locals[l.index].(T)
	}
	return v
}

// Set changes the running goroutine's value.
func (l OwnerLocal[T]) Set(v T) {
	o := currentOwner()
	o.keep()
	for int(l.index) >= len(o.locals) {
		o.locals = append(o.locals, nil)
	}
	o.locals[l.index] = v
	raceLeave(o)
}

// Slot returns the pointer that SetSlot has stored for the calling goroutine, nil
// if none. It is an OwnerLocal for the one layer above that needs its value in
// every call: it costs a few loads. Package poller keeps its scheduler there.
func Slot() unsafe.Pointer { return nearSlot() }

// SetSlot stores p for the calling goroutine. What p points to is kept alive. The
// slot is package poller's: others use an OwnerLocal.
func SetSlot(p unsafe.Pointer) {
	o := currentOwner()
	o.keep()
	o.slot = p
	raceLeave(o)
}

// slotSlow is Slot for a goroutine that is not in ownersNear. The assembly jumps to it.
func slotSlow() unsafe.Pointer { return currentOwner().slot }
