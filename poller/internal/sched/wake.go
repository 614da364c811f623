package sched

import (
	"sync/atomic"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/mailbox"
)

// How a hub blocks in the selector, and is woken. Each side acts in this order (PostMail,
// and Hub.Poll):
//
//	poster   P1 puts the mail     P2 sees Waiting, clears it   P3 wakes the selector
//	hub      H1 sets Waiting      H2 looks for mail            H3 waits, unless H2 found some
//	         H4 clears Waiting    H5 takes the mail            ... H1, before it waits again
//
// There is no lost wake-up: while the hub waits in H3 with mail in the box, a P3 is still
// to come.
//
//   - P1 and H1 are sequentially consistent stores, each before a load of the other side's:
//     so P2 sees H1, or H2 sees P1 (biased.StoreSeqCst).
//   - Of several posters that see Waiting, one clears it, since this H1, and its P3 is
//     still to come or has come since. So one wake serves all mail that is posted before
//     the hub runs again.
//   - The selector keeps a wake until a wait returns. The wakes that one wait consumes were
//     for mail that was put before, and H5 comes after. A late P3, after H4, ends a later
//     wait early, which does no harm.
//   - Mail that is put after H5 by a poster that has not seen Waiting is seen in the next H2.

// PostMail puts m into h's mailbox, and wakes h if it is waiting. It may be called from any
// goroutine. It reports whether h still lives; if not, m is dropped.
func (h *Hub) PostMail(m *mailbox.Mail) bool {
	if !h.Wake.Mail.Put(m) {
		return false
	}
	if h.Wake.Waiting.Load() && h.Wake.Waiting.CompareAndSwap(true, false) {
		h.wake()
	} else {
		h.preemptForMail()
	}
	return true
}

// wake ends the wait of h, which waits or is about to, on any goroutine.
func (h *Hub) wake() {
	if h.patched {
		runtimepatch.Runtime.Wake(&h.rt)
	} else {
		h.IO.Sel.Wake()
	}
}

// preemptForMail is called by the poster of mail to h, which runs a task: it may be for one of a higher
// priority.
func (h *Hub) preemptForMail() {
	if atomic.LoadUint32(&h.rt.Preempts) == runtimepatch.PreemptWakers && Here() != h {
		runtimepatch.Runtime.Ask(&h.rt)
	}
}

// Post is PostMail with a function, which runs on h's goroutine outside any task, and must
// not park. It may run at the end of Run, when h is dying.
func (h *Hub) Post(f func(h *Hub)) bool {
	p := &posted{h: h, f: f}
	p.mail.Owner = p
	return h.PostMail(&p.mail)
}

// A posted is a function that was sent by Post.
type posted struct {
	mail mailbox.Mail
	h    *Hub
	f    func(h *Hub)
}

// Deliver calls the function.
func (p *posted) Deliver() { p.f(p.h) }
