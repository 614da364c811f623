package sched

import "github.com/stackful-go/stackful/poller/internal/mailbox"

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

// Resume makes the caller of the claimed w go on. It must be called by the claimant, once,
// and does not block. here is the calling goroutine's hub, or nil. The caller must not
// touch w afterwards: the next wait may have begun.
func (w *Waiter) Resume(here *Hub) {
	k := w.Fiber
	switch {
	case k == nil:
		w.turn <- struct{}{}
	case k.hub == here:
		here.MakeReady(k.Task)
	default:
		k.hub.PostMail(&k.mail)
	}
}

// WakeAll claims and resumes all waiters of the queue, in order, with the result err. here
// is the calling goroutine's hub, or nil.
func (q *Queue) WakeAll(here *Hub, err error) {
	for w := q.Claim(err); w != nil; w = q.Claim(err) {
		w.Resume(here)
	}
}

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

// ReadMail makes the tasks ready that other goroutines have woken, and calls the functions
// that they have posted, in the order in which they were put.
func (h *Hub) ReadMail() {
	h.readRuntime()
	if h.Wake.Mail.Empty() {
		return
	}
	if h.Virtual != nil {
		h.Virtual.noteForeignWake()
	}
	for m := h.Wake.Mail.Take(); m != nil; {
		next := m.Next
		m.Next = nil // m may be part of a fiber, which may be posted again from now on
		m.Owner.Deliver()
		m = next
	}
}
