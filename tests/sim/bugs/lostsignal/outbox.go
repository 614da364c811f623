// Package lostsignal is an outbox: messages are put into it, and a goroutine delivers them.
package lostsignal

import (
	"sync"

	"example.com/bugs/internal/version"
)

// An Outbox delivers messages one after the other.
type Outbox struct {
	deliver func(message string)

	mu      sync.Mutex
	queue   []string
	pending int // in the queue, or under way

	more chan struct{} // tells the goroutine of a new message
	quit chan struct{}
	done chan struct{}
}

// NewOutbox returns an outbox that calls deliver for each message.
func NewOutbox(deliver func(string)) *Outbox {
	o := &Outbox{deliver: deliver, quit: make(chan struct{}), done: make(chan struct{})}
	if version.Fixed {
		o.more = make(chan struct{}, 1)
	} else {
		o.more = make(chan struct{}) // the bug: Add's signal is lost if run is on its way to wait for it
	}
	go o.run()
	return o
}

// Add puts a message into the outbox. It does not wait.
func (o *Outbox) Add(message string) {
	o.mu.Lock()
	o.queue = append(o.queue, message)
	o.pending++
	o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default: // run is at work, and looks at the queue when it is done
	}
}

// Pending returns how many messages are not delivered yet.
func (o *Outbox) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pending
}

// Close ends the outbox; messages that are left in it are not delivered.
func (o *Outbox) Close() {
	close(o.quit)
	<-o.done
}

func (o *Outbox) run() {
	defer close(o.done)
	for {
		message, ok := o.take()
		if !ok {
			select {
			case <-o.more:
			case <-o.quit:
				return
			}
			continue
		}
		o.deliver(message)
		o.delivered()
	}
}

// take returns the first message, if there is one.
func (o *Outbox) take() (message string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		return "", false
	}
	message = o.queue[0]
	o.queue = o.queue[1:]
	return message, true
}

func (o *Outbox) delivered() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending--
}
