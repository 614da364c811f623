package sched

import "sync/atomic"

// A HubLocal is a value of type T for each hub, so that the packages above the scheduler can
// keep state per hub that the scheduler does not know. Only the hub's goroutine may use it.
type HubLocal[T any] struct{ index int }

var hubLocals atomic.Int32

// NewHubLocal returns a new HubLocal. It is for package-level variables: its index is never
// reused.
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

// first makes the value of h. It is apart from Of so that Of inlines.
func (l HubLocal[T]) first(h *Hub) *T {
	for l.index >= len(h.locals) {
		h.locals = append(h.locals, nil)
	}
	v := new(T)
	h.locals[l.index] = v
	return v
}
