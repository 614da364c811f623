package poller

import "sync/atomic"

// A hubLocal is a value of type T that each hub has, for what stands on the scheduler. It
// belongs to the hub's goroutine.
type hubLocal[T any] struct{ index int }

var hubLocals atomic.Int32

// newHubLocal is for package-level variables.
func newHubLocal[T any]() hubLocal[T] { return hubLocal[T]{int(hubLocals.Add(1)) - 1} }

// of returns the value of h, which is zero at first.
func (l hubLocal[T]) of(h *hub) *T {
	if l.index < len(h.locals) {
		if v, ok := h.locals[l.index].(*T); ok {
			return v
		}
	}
	return l.first(h)
}

func (l hubLocal[T]) first(h *hub) *T {
	for l.index >= len(h.locals) {
		h.locals = append(h.locals, nil)
	}
	v := new(T)
	h.locals[l.index] = v
	return v
}

// onHub is called when a Run has begun on the hub h, and when it is about to end. It is for
// the patched standard library.
var onHub = func(h *hub, began bool) {}
