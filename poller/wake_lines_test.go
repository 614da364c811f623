package poller

import (
	"testing"

	"github.com/stackful-go/stackful/poller/internal/mailbox"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// A timeoutSelector notes how long it was to wait, and whether the hub said so.
type timeoutSelector struct {
	selector.Selector
	h       *sched.Hub
	timeout int64
	waiting bool
}

func (s *timeoutSelector) Wake() {}

func (s *timeoutSelector) Wait(_ []selector.Event, timeout int64) (int, error) {
	s.timeout, s.waiting = timeout, s.h.Wake.Waiting.Load()
	return 0, nil
}

// A deliver is the owner of a mail that calls it.
type deliver func()

func (f deliver) Deliver() { f() }

// Mail that was put before the hub set Waiting has not woken the selector: the hub must
// find it, and not wait.
func TestPoll_looksForMail(t *testing.T) {
	s := &timeoutSelector{}
	s.h = &sched.Hub{IO: sched.HubIO{Sel: s}}
	s.h.IO.Slots.Init()
	read := 0
	m := &mailbox.Mail{Owner: deliver(func() { read++ })}
	s.h.Wake.Mail.Put(m)
	s.h.Poll(-1)
	if s.timeout != 0 || !s.waiting || read != 1 {
		t.Errorf("waited %d, said so %v, read %d mails", s.timeout, s.waiting, read)
	}
	if s.h.Wake.Waiting.Load() {
		t.Error("the hub says that it waits, and does not")
	}
	s.h.Poll(-1)
	if s.timeout != -1 || !s.waiting || read != 1 {
		t.Errorf("without mail: waited %d, said so %v, read %d mails", s.timeout, s.waiting, read)
	}
}
