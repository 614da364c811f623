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

// post leaves m for h's goroutine, and wakes it if it is waiting. It may be
// called from any goroutine. It reports whether h still lives.
func (h *hub) post(m *mail) bool {
	if !h.mail.put(m) {
		return false
	}
	// h either sees the mail when it looks after it has set waiting, or has set
	// it before, and then one of those who post sees it. So one wake-up serves
	// all that is posted before h runs again.
	if h.waiting.Load() && h.waiting.CompareAndSwap(true, false) {
		h.sel.wake()
	}
	return true
}

// postCall is post with a function.
func (h *hub) postCall(f func(h *hub)) bool { return h.post(&mail{call: f}) }

// readMail does what others have asked for.
func (h *hub) readMail() {
	if h.mail.empty() {
		return
	}
	if h.sim != nil {
		h.sim.wokenFromOutside()
	}
	for m := h.mail.take(); m != nil; {
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
