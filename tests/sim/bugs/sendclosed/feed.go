// Package sendclosed is a feed of messages, which subscribers join and leave.
package sendclosed

import (
	"slices"
	"sync"

	"example.com/bugs/internal/version"
)

// A Feed sends each message to all that are subscribed.
type Feed struct {
	mu          sync.Mutex
	subscribers []chan string
	dropped     int
}

// Subscribe returns a channel of the messages from now on.
func (f *Feed) Subscribe() chan string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := make(chan string, 8)
	f.subscribers = append(f.subscribers, c)
	return c
}

// Leave ends a subscription, and closes its channel.
func (f *Feed) Leave(c chan string) {
	f.mu.Lock()
	f.subscribers = slices.DeleteFunc(f.subscribers, func(other chan string) bool { return other == c })
	if version.Fixed {
		defer f.mu.Unlock()
	} else {
		f.mu.Unlock()
	}
	close(c)
}

// Publish sends a message. Subscribers that are too slow miss it.
func (f *Feed) Publish(message string) {
	f.mu.Lock()
	if version.Fixed {
		defer f.mu.Unlock()
		f.dropped += send(f.subscribers, message)
		return
	}
	subscribers := slices.Clone(f.subscribers)
	f.mu.Unlock()

	dropped := send(subscribers, message) // the bug: one of them may have left, and is closed

	f.mu.Lock()
	f.dropped += dropped
	f.mu.Unlock()
}

// send sends the message to all whose buffers have room for it, and counts the others.
func send(subscribers []chan string, message string) (dropped int) {
	for _, c := range subscribers {
		select {
		case c <- message:
		default:
			dropped++
		}
	}
	return dropped
}

// Dropped returns how many messages subscribers have missed.
func (f *Feed) Dropped() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped
}
