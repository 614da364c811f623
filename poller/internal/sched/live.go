package sched

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// live are the hubs whose Run is under way, for package debug: not those of simulations, which other
// goroutines must not disturb, and not the background hub, which has no tasks.
var live struct {
	mu   runtimepatch.Mutex // guards the other fields
	hubs map[*Hub]struct{}
}

// LiveHubs returns the hubs whose Run is under way, in the order in which they were made. It may be
// called on any goroutine; any of them may have ended when it returns.
func LiveHubs() []*Hub {
	live.mu.Lock()
	defer live.mu.Unlock()
	return slices.SortedFunc(maps.Keys(live.hubs), func(a, b *Hub) int { return cmp.Compare(a.ID, b.ID) })
}

// enlist puts h, whose Run begins, among the live hubs. It is called on h's goroutine.
func (h *Hub) enlist() {
	if h.Virtual != nil {
		return
	}
	h.started = Nanotime()
	live.mu.Lock()
	defer live.mu.Unlock()
	if live.hubs == nil {
		live.hubs = make(map[*Hub]struct{})
	}
	live.hubs[h] = struct{}{}
}

// delist takes h out again.
func (h *Hub) delist() {
	live.mu.Lock()
	defer live.mu.Unlock()
	delete(live.hubs, h)
}
