// Package mailbox is the mailbox of a hub, by which other goroutines reach it: a lock-free stack
// that is emptied as a whole. When a poster must wake the hub is package sched's to decide, in
// wake.go. It imports nothing.
package mailbox

import "sync/atomic"

// A Mail is a wake-up or a call for a hub, from another goroutine. A fiber has one of its
// own, so that a wake-up allocates nothing and cannot fail.
type Mail struct {
	Next  *Mail
	Owner recipient
}

// A recipient is the owner of a mail. Deliver is called on the goroutine of the hub to which
// the mail was posted, outside any task, and must not park. The mail may be posted again from
// then on.
type recipient interface{ Deliver() }

// A Box is a lock-free stack of mails that is emptied as a whole, so that no mail is
// popped while it is pushed again (the ABA problem does not arise).
type Box struct{ top atomic.Pointer[Mail] }

// closed is the top of a mailbox that takes no more.
var closed = new(Mail)

// Put pushes m, and reports whether the mailbox is open. It may be called from any
// goroutine.
func (b *Box) Put(m *Mail) bool {
	for {
		top := b.top.Load()
		if top == closed {
			return false
		}
		m.Next = top
		if b.top.CompareAndSwap(top, m) {
			return true
		}
	}
}

// Empty reports whether a Take would find no mail.
func (b *Box) Empty() bool { return b.top.Load() == nil }

// Take empties the mailbox, which must be open, and returns the mails in the order in which
// they were put, linked by Next.
func (b *Box) Take() *Mail { return inOrder(b.top.Swap(nil)) }

// Close closes the mailbox for ever and returns the mails in it.
func (b *Box) Close() *Mail { return inOrder(b.top.Swap(closed)) }

// inOrder reverses the list m.
func inOrder(m *Mail) *Mail {
	if m == closed {
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
