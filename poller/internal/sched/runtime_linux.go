//go:build linux && !poller_std && !poller_poll

package sched

import "github.com/stackful-go/stackful/poller/internal/selector"

func init() {
	selectorDescriptor = func(h *Hub) int {
		if sel, ok := h.IO.Sel.(*selector.Backend); ok {
			return sel.Descriptor()
		}
		return -1
	}
}
