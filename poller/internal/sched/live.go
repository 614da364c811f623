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
	mu    runtimepatch.Mutex // guards the other fields
	hubs  map[*Hub]struct{}
	begun func(h *Hub) // see OnHub
}

// OnHub has f called for each hub whose Run begins from now on, on its goroutine, before its first
// task; nil ends that. A hub for which f is not called is in LiveHubs afterwards; one for which it
// is may be, too.
func OnHub(f func(h *Hub)) {
	live.mu.Lock()
	defer live.mu.Unlock()
	live.begun = f
}

// HubOf returns the hub of a poller.Hub, nil of the zero one.
var HubOf func(hub any) *Hub

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
	if live.hubs == nil {
		live.hubs = make(map[*Hub]struct{})
	}
	live.hubs[h] = struct{}{}
	begun := live.begun
	live.mu.Unlock()
	if begun != nil {
		begun(h)
	}
}

// delist takes h out again.
func (h *Hub) delist() {
	h.StopRecording()
	live.mu.Lock()
	defer live.mu.Unlock()
	delete(live.hubs, h)
}
