package poller

import (
	"fmt"
	"io"
	"math/bits"
	"time"
)

// simTrace is what has happened in a simulation, as a hash, and as text if somebody wants
// it. What goes into the hash must be the same in every process: numbers of tasks and
// hosts are, addresses and ids of hubs are not.
type simTrace struct {
	hash uint64
	w    io.Writer // nil: no text
}

// simEvent is a kind of event. The numbers are part of the hash.
type simEvent uint64

const (
	simRuns    simEvent = 1 + iota // a task is switched to
	simSaid                        // the program's own event
	simSends                       // a segment or datagram is sent
	simArrives                     // it arrives
	simDrops                       // it is lost
	simChanges                     // of the network: a host starts, a cut, and the like
)

// verb says what becomes of a packet.
func (e simEvent) verb() string {
	switch e {
	case simSends:
		return "is sent"
	case simArrives:
		return "arrives"
	}
	return "is lost"
}

func newSimTrace() simTrace { return simTrace{hash: 0x9e3779b97f4a7c15} }

func (t *simTrace) mix(x uint64) {
	t.hash = bits.RotateLeft64(t.hash^x, 29) * 0xbf58476d1ce4e5b9
}

// note adds an event to the hash.
func (s *virtual) note(kind simEvent, number uint64, text string) {
	s.trace.mix(uint64(kind))
	s.trace.mix(uint64(s.now))
	s.trace.mix(number)
	s.trace.mix(uint64(len(text)))
	for ; len(text) >= 8; text = text[8:] {
		s.trace.mix(uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56)
	}
	for i := range len(text) {
		s.trace.mix(uint64(text[i]))
	}
}

// tell writes a line to the trace, if there is a writer.
func (s *virtual) tell(format string, args ...any) {
	if s.trace.w != nil {
		fmt.Fprintf(s.trace.w, "%12.6f  %s\n", s.passed().Seconds(), fmt.Sprintf(format, args...))
	}
}

// passed is the time since the beginning.
func (s *virtual) passed() time.Duration { return time.Duration(s.now - simStart) }
