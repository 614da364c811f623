package poller

import "sync/atomic"

// A mail is a wake-up or a call for a hub, from another goroutine.
type mail struct {
	next   *mail
	worker *worker      // whose task is to become ready, or
	call   func(h *hub) // to be called on the hub's goroutine, outside any task; it must not park
}

// A mailbox is a lock-free stack of mails that is emptied as a whole.
type mailbox struct{ top atomic.Pointer[mail] }

// mailboxClosed is the top of a mailbox that takes no more.
var mailboxClosed = new(mail)

// put reports whether the mailbox is open.
func (b *mailbox) put(m *mail) bool {
	for {
		top := b.top.Load()
		if top == mailboxClosed {
			return false
		}
		m.next = top
		if b.top.CompareAndSwap(top, m) {
			return true
		}
	}
}

func (b *mailbox) empty() bool { return b.top.Load() == nil }

// take empties the mailbox and returns the mails in the order in which they
// were put, linked by next.
func (b *mailbox) take() *mail { return inOrder(b.top.Swap(nil)) }

// close closes the mailbox for ever and returns what was in it.
func (b *mailbox) close() *mail { return inOrder(b.top.Swap(mailboxClosed)) }

func inOrder(m *mail) *mail {
	if m == mailboxClosed {
		return nil
	}
	var first *mail
	for m != nil {
		next := m.next
		m.next = first
		first, m = m, next
	}
	return first
}

// How a hub falls asleep, and is woken. Each side acts in this order (post, and hub.poll):
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
func (h *hub) post(m *mail) bool {
	if !h.wake.mail.put(m) {
		return false
	}
	if h.wake.waiting.Load() && h.wake.waiting.CompareAndSwap(true, false) {
		h.io.sel.Wake()
	}
	return true
}

// postCall is post with a function.
func (h *hub) postCall(f func(h *hub)) bool { return h.post(&mail{call: f}) }

// readMail does what others have asked for.
func (h *hub) readMail() {
	if h.wake.mail.empty() {
		return
	}
	if h.sim != nil {
		h.sim.wokenFromOutside()
	}
	for m := h.wake.mail.take(); m != nil; {
		next := m.next
		m.next = nil
		if m.worker != nil {
			h.makeReady(m.worker.task)
		} else {
			m.call(h)
		}
		m = next
	}
}
