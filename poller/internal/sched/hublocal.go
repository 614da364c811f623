package sched

import "sync/atomic"

// A HubLocal is a value of type T that each hub has, for what stands on the scheduler. It
// belongs to the hub's goroutine.
type HubLocal[T any] struct{ index int }

var hubLocals atomic.Int32

// NewHubLocal is for package-level variables.
func NewHubLocal[T any]() HubLocal[T] { return HubLocal[T]{int(hubLocals.Add(1)) - 1} }

// Of returns the value of h, which is zero at first.
func (l HubLocal[T]) Of(h *Hub) *T {
	if l.index < len(h.locals) {
		if v, ok := h.locals[l.index].(*T); ok {
			return v
		}
	}
	return l.first(h)
}

func (l HubLocal[T]) first(h *Hub) *T {
	for l.index >= len(h.locals) {
		h.locals = append(h.locals, nil)
	}
	v := new(T)
	h.locals[l.index] = v
	return v
}

// OnHub is called when a Run has begun on the hub h, and when it is about to end. It is for
// the patched standard library.
var OnHub = func(h *Hub, began bool) {}
