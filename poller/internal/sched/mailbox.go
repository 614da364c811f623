package sched

import "sync/atomic"

// A Mail is a wake-up or a call for a hub, from another goroutine. A fiber has one of its
// own, so that a wake-up allocates nothing and cannot fail.
type Mail struct {
	Next  *Mail
	fiber *Fiber       // whose task is to become ready; or nil, and
	Call  func(h *Hub) // to be called on the hub's goroutine, outside any task; it must not park
}

// A Mailbox is a lock-free stack of mails that is emptied as a whole, so that no mail is
// popped while it is pushed again (the ABA problem does not arise).
type Mailbox struct{ top atomic.Pointer[Mail] }

// mailboxClosed is the top of a mailbox that takes no more.
var mailboxClosed = new(Mail)

// Put pushes m, and reports whether the mailbox is open. It may be called from any
// goroutine.
func (b *Mailbox) Put(m *Mail) bool {
	for {
		top := b.top.Load()
		if top == mailboxClosed {
			return false
		}
		m.Next = top
		if b.top.CompareAndSwap(top, m) {
			return true
		}
	}
}

// Empty reports whether a Take would find no mail.
func (b *Mailbox) Empty() bool { return b.top.Load() == nil }

// Take empties the mailbox, which must be open, and returns the mails in the order in which
// they were put, linked by Next.
func (b *Mailbox) Take() *Mail { return inOrder(b.top.Swap(nil)) }

// Close closes the mailbox for ever and returns what was in it.
func (b *Mailbox) Close() *Mail { return inOrder(b.top.Swap(mailboxClosed)) }

// inOrder reverses the list m.
func inOrder(m *Mail) *Mail {
	if m == mailboxClosed {
		return nil
	}
	var first *Mail
	for m != nil {
		next := m.Next
		m.Next = first
		first, m = m, next
	}
	return first
}

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
func (h *Hub) PostMail(m *Mail) bool {
	if !h.Wake.Mail.Put(m) {
		return false
	}
	if h.Wake.Waiting.Load() && h.Wake.Waiting.CompareAndSwap(true, false) {
		h.IO.Sel.Wake()
	}
	return true
}

// Post is PostMail with a function, which runs on h's goroutine outside any task, and must
// not park. It may run at the end of Run, when h is dying.
func (h *Hub) Post(f func(h *Hub)) bool { return h.PostMail(&Mail{Call: f}) }

// ReadMail makes the tasks ready that other goroutines have woken, and calls the functions
// that they have posted, in the order in which they were put.
func (h *Hub) ReadMail() {
	if h.Wake.Mail.Empty() {
		return
	}
	if h.Virtual != nil {
		h.Virtual.noteForeignWake()
	}
	for m := h.Wake.Mail.Take(); m != nil; {
		next := m.Next
		m.Next = nil // m is part of a fiber, which may be posted again from now on
		if m.fiber != nil {
			h.MakeReady(m.fiber.Task)
		} else {
			m.Call(h)
		}
		m = next
	}
}
