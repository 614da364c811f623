package sched

import (
	"io"
	"math/bits"
)

// virtualTrace records the events of a simulation: as a hash, and as text if there is a
// writer. All input of the hash must be the same in every process: numbers of tasks and
// hosts are, addresses and ids of hubs are not.
type virtualTrace struct {
	Hash uint64
	W    io.Writer // nil: no text
}

// An Event is a kind of event. The numbers are part of the hash, and so must not change.
type Event uint64

const (
	eventRuns    Event = 1 + iota // a task is switched to
	EventSaid                     // the program's own event
	EventSends                    // a segment or datagram is sent
	EventArrives                  // it arrives
	EventDrops                    // it is lost
	EventChanges                  // of the network: a host starts, a cut, and the like
)

// Verb returns the predicate of a line about a packet.
func (e Event) Verb() string {
	switch e {
	case EventSends:
		return "is sent"
	case EventArrives:
		return "arrives"
	}
	return "is lost"
}

func newVirtualTrace() virtualTrace { return virtualTrace{Hash: 0x9e3779b97f4a7c15} }

func (t *virtualTrace) mix(x uint64) {
	t.Hash = bits.RotateLeft64(t.Hash^x, 29) * 0xbf58476d1ce4e5b9
}

// mixText adds a text to the hash.
func (t *virtualTrace) mixText(text string) {
	t.mix(uint64(len(text)))
	for ; len(text) >= 8; text = text[8:] {
		t.mix(uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56)
	}
	for i := range len(text) {
		t.mix(uint64(text[i]))
	}
}
