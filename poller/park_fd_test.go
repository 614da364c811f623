//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"testing"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// fakeDesc is an FD of a selector that reports nothing.
func fakeDesc() *fd.FD {
	d := &fd.FD{Hub: &sched.Hub{IO: sched.HubIO{Sel: sched.NoSelector{}}}, Sysfd: -1}
	d.Rd.D, d.Wr.D = d, d
	return d
}

func init() {
	parkKinds["side.park"] = func() *parkKind {
		d := fakeDesc()
		return &parkKind{queues: []*sched.Queue{&d.Rd.IO}, park: func(h *sched.Hub, at int64) error {
			d.Mu.Lock()
			defer d.Mu.Unlock()
			return d.Rd.Park(h, at)
		}}
	}
	parkKinds["waitWritable"] = func() *parkKind {
		a, b := fakeDesc(), fakeDesc()
		var mu runtimepatch.Mutex
		var q sched.Queue
		return &parkKind{raises: true, queues: []*sched.Queue{&a.Wr.IO, &b.Wr.IO, &q}, park: func(h *sched.Hub, at int64) error {
			mu.Lock()
			return fd.WaitWritable(h, []*fd.FD{a, b}, &mu, &q, at)
		}}
	}
}

// fd.WaitWritable does not wait if one of the FDs is ready or closed already, and leaves the
// queues of those before it.
func TestWaitWritable_atOnce(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		for _, now := range []func(d *fd.FD){
			func(d *fd.FD) { d.Wr.Ready = true },
			func(d *fd.FD) { d.Closing = true },
		} {
			a, b, c := fakeDesc(), fakeDesc(), fakeDesc()
			now(b)
			var mu runtimepatch.Mutex
			var q sched.Queue
			mu.Lock()
			turns := h.Turns.Load()
			if err := fd.WaitWritable(h, []*fd.FD{a, b, c}, &mu, &q, sched.Never); err != nil || h.Turns.Load() != turns {
				t.Errorf("has waited: %v", err)
			}
			if wrong := none(&a.Wr.IO, &b.Wr.IO, &c.Wr.IO, &q); wrong != "" {
				t.Error(wrong)
			}
		}
	})
}
