package stackful

import "unsafe"

// Slot returns the pointer that SetSlot has stored for the calling goroutine, nil
// if none. It is what OwnerLocal is, for the one layer above that has to ask in
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
