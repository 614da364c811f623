package patched

import (
	"sync"
	"sync/atomic"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/std"
)

// The standard library calls this package when it has been patched by `stackful build`; see
// package poller/patch. Any goroutine of the program gets here, also one that uses no tasks: so
// hubHere must be fast, and must not allocate state for the goroutine.

// hubsByGoroutine is an open-addressed table from goroutine ids to their hubs. It
// is immutable, and replaced as a whole; nil while there is no hub. At most a quarter of it is
// filled.
type hubsByGoroutine struct {
	mask uint64
	at   []hubAt
}

type hubAt struct {
	goid uint64 // 0 in a free place
	hub  *sched.Hub
}

var (
	hubsHere   atomic.Pointer[hubsByGoroutine]
	hubsHereMu sync.Mutex // held to replace it

	// HereByGoid reports that all stacks of a goroutine have its id, and that reading
	// it is cheap. In the portable backend each stack is on a goroutine of its own. It is a
	// variable for tests.
	HereByGoid = stackful.Backend().Native
)

// hubHere is sched.Here for calls from the standard library.
func hubHere() *sched.Hub {
	t := hubsHere.Load()
	if t == nil {
		return nil
	}
	if !HereByGoid {
		return sched.Here()
	}
	return t.of(asm.Goid())
}

// taskHere is hubHere for callers that are tasks, nil for others.
func taskHere() *sched.Hub {
	if h := hubHere(); h != nil && h.Current != nil {
		return h
	}
	return nil
}

// taskOn is taskHere for callers that know the id of their goroutine.
func taskOn(goid uint64) *sched.Hub {
	t := hubsHere.Load()
	if t == nil {
		return nil
	}
	if !HereByGoid {
		return taskHere()
	}
	e := &t.at[goid&t.mask]
	h := e.hub
	if e.goid != goid {
		if e.goid == 0 {
			return nil
		}
		h = t.of(goid)
	}
	if h == nil || h.Current == nil {
		return nil
	}
	return h
}

// of returns the hub of a goroutine, nil if it has none.
func (t *hubsByGoroutine) of(goid uint64) *sched.Hub {
	for i := goid & t.mask; ; i = (i + 1) & t.mask {
		switch t.at[i].goid {
		case goid:
			return t.at[i].hub
		case 0:
			return nil
		}
	}
}

func init() { sched.OnHub = noteHub }

// noteHub makes the calling goroutine's hub known to hubHere, or takes that back.
func noteHub(h *sched.Hub, began bool) {
	switch {
	case !std.Installed():
	case began:
		replaceHubs(hubAt{asm.Goid(), h}, nil)
	default:
		replaceHubs(hubAt{}, h)
	}
}

// replaceHubs replaces hubsHere by a table with one more entry, or with one less.
func replaceHubs(more hubAt, less *sched.Hub) {
	hubsHereMu.Lock()
	defer hubsHereMu.Unlock()
	var all []hubAt
	if t := hubsHere.Load(); t != nil {
		for _, e := range t.at {
			if e.goid != 0 && e.hub != less {
				all = append(all, e)
			}
		}
	}
	if more.goid != 0 {
		all = append(all, more)
	}
	if len(all) == 0 {
		hubsHere.Store(nil)
		return
	}
	size := 8
	for size < 4*len(all) { // so that a miss, the common case, takes few steps
		size *= 2
	}
	t := &hubsByGoroutine{uint64(size - 1), make([]hubAt, size)}
	for _, e := range all {
		i := e.goid & t.mask
		for t.at[i].goid != 0 {
			i = (i + 1) & t.mask
		}
		t.at[i] = e
	}
	hubsHere.Store(t)
}
