//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"sync"
	"testing"
)

// fakeDesc is a desc of a selector that reports nothing.
func fakeDesc() *desc {
	d := &desc{hub: &hub{io: hubIO{sel: simSelector{}}}, fd: -1}
	d.rd.d, d.wr.d = d, d
	return d
}

func init() {
	parkKinds["side.park"] = func() *parkKind {
		d := fakeDesc()
		return &parkKind{queues: []*waitQueue{&d.rd.io}, park: func(h *hub, at int64) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.rd.park(h, at)
		}}
	}
	parkKinds["waitWritable"] = func() *parkKind {
		a, b := fakeDesc(), fakeDesc()
		var mu sync.Mutex
		var q waitQueue
		return &parkKind{raises: true, queues: []*waitQueue{&a.wr.io, &b.wr.io, &q}, park: func(h *hub, at int64) error {
			mu.Lock()
			return waitWritable(h, []*desc{a, b}, &mu, &q, at)
		}}
	}
}

// waitWritable does not wait if one of the descs is ready or closed already, and leaves the
// queues of those before it.
func TestWaitWritable_atOnce(t *testing.T) {
	run(t, func() {
		h := currentHub()
		for _, now := range []func(d *desc){
			func(d *desc) { d.wr.ready = true },
			func(d *desc) { d.closing = true },
		} {
			a, b, c := fakeDesc(), fakeDesc(), fakeDesc()
			now(b)
			var mu sync.Mutex
			var q waitQueue
			mu.Lock()
			turns := h.turns.Load()
			if err := waitWritable(h, []*desc{a, b, c}, &mu, &q, noInstant); err != nil || h.turns.Load() != turns {
				t.Errorf("has waited: %v", err)
			}
			if wrong := none(&a.wr.io, &b.wr.io, &c.wr.io, &q); wrong != "" {
				t.Error(wrong)
			}
		}
	})
}
