package sched

import "sync/atomic"

// A Mail is a wake-up or a call for a hub, from another goroutine.
type Mail struct {
	Next  *Mail
	fiber *Fiber       // whose task is to become ready, or
	Call  func(h *Hub) // to be called on the hub's goroutine, outside any task; it must not park
}

// A Mailbox is a lock-free stack of mails that is emptied as a whole.
type Mailbox struct{ top atomic.Pointer[Mail] }

// mailboxClosed is the top of a mailbox that takes no more.
var mailboxClosed = new(Mail)

// Put reports whether the mailbox is open.
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

func (b *Mailbox) Empty() bool { return b.top.Load() == nil }

// Take empties the mailbox and returns the mails in the order in which they
// were put, linked by next.
func (b *Mailbox) Take() *Mail { return inOrder(b.top.Swap(nil)) }

// Close closes the mailbox for ever and returns what was in it.
func (b *Mailbox) Close() *Mail { return inOrder(b.top.Swap(mailboxClosed)) }

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

// How a hub falls asleep, and is woken. Each side acts in this order (post, and Hub.Poll):
//
//	who posts   P1 puts the mail   P2 sees waiting, takes it back   P3 wakes the selector
//	the hub     H1 sets waiting    H2 looks for mail                H3 waits, not if there was
//	            H4 is not waiting  H5 takes the mail                ... H1, before it waits again
//
// No mail is in the box while the hub waits in H3 and nobody is about to wake it:
//
//   - P1 or H1 is first, for all to see: so P2 sees H1, or H2 sees P1 (announce).
//   - Who sees waiting and is not the one who takes it back leaves that to another,
//     who has done so since this H1, and whose P3 is still to come or has come
//     since. So one wake-up serves all that is posted before the hub runs again.
//   - The selector keeps a wake until a wait returns. What that wait has swallowed
//     were wakes for mail that was put before, and H5 comes after. A P3 that comes
//     late, after H4, ends a later wait early.
//   - Mail that is put after H5 by who has seen no waiting, is seen in the next H2.

// post leaves m for h's goroutine, and wakes it if it is waiting. It may be
// called from any goroutine. It reports whether h still lives.
func (h *Hub) PostMail(m *Mail) bool {
	if !h.Wake.Mail.Put(m) {
		return false
	}
	if h.Wake.Waiting.Load() && h.Wake.Waiting.CompareAndSwap(true, false) {
		h.IO.Sel.Wake()
	}
	return true
}

// Post is post with a function.
func (h *Hub) Post(f func(h *Hub)) bool { return h.PostMail(&Mail{Call: f}) }

// ReadMail does what others have asked for.
func (h *Hub) ReadMail() {
	if h.Wake.Mail.Empty() {
		return
	}
	if h.Virtual != nil {
		h.Virtual.noteForeignWake()
	}
	for m := h.Wake.Mail.Take(); m != nil; {
		next := m.Next
		m.Next = nil
		if m.fiber != nil {
			h.MakeReady(m.fiber.Task)
		} else {
			m.Call(h)
		}
		m = next
	}
}
