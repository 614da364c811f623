package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/stackful-go/stackful/tests/internal/gstate"
)

// A clock measures one-way switches of one goroutine: from just before a stack
// is left to the first instruction of the next one's own code. It sorts them by
// what made the switch take the slow path when it began.
type clock struct {
	began time.Time
	cause cause
	times *[causes]spread
}

type cause int

const (
	quiet    cause = iota // no lock needed
	traced                // the tracer has seen this goroutine: the carrier is locked
	profiled              // a goroutine profile: the carrier and its record are locked
	marking               // the collector marks: both, and its rules are kept
	causes
)

func (c cause) String() string { return [...]string{"quiet", "traced", "profiled", "marking"}[c] }

func (c *clock) start() {
	c.cause = quiet
	switch s := gstate.Now(); {
	case s.Marking:
		c.cause = marking
	case s.Profiled:
		c.cause = profiled
	case s.Traced:
		c.cause = traced
	}
	c.began = time.Now()
}

func (c *clock) stop() {
	if !c.began.IsZero() {
		c.times[c.cause].add(time.Since(c.began))
		c.began = time.Time{}
	}
}

// A spread counts durations by powers of two.
type spread struct {
	n       [40]atomic.Int64 // n[i]: less than 2^i ns, and not less than half of it
	longest atomic.Int64
}

func (s *spread) add(d time.Duration) {
	i := 0
	for i < len(s.n)-1 && d >= 1<<i {
		i++
	}
	s.n[i].Add(1)
	for old := s.longest.Load(); int64(d) > old && !s.longest.CompareAndSwap(old, int64(d)); {
		old = s.longest.Load()
	}
}

func (s *spread) total() (n int64) {
	for i := range s.n {
		n += s.n[i].Load()
	}
	return n
}

// below returns a bound that the share q of all durations lies below.
func (s *spread) below(q float64) time.Duration {
	left := int64(q * float64(s.total()))
	for i := range s.n {
		if left -= s.n[i].Load(); left < 0 {
			return 1 << i
		}
	}
	return 1 << (len(s.n) - 1)
}

func times(all *[causes]spread) string {
	var b strings.Builder
	for c := range causes {
		s := &all[c]
		if s.total() == 0 {
			continue
		}
		fmt.Fprintf(&b, "%8s %10d switches; below %v: 99%%, below %v: 99.9%%; longest %v\n",
			c, s.total(), s.below(0.99), s.below(0.999), time.Duration(s.longest.Load()).Round(100*time.Nanosecond))
	}
	return b.String()
}

// lockedTries is the engine's own count: each try to switch by the locked way
// offers the collector's phase a new token. It stays 0 in the portable backend.
//
//go:linkname lockedTries github.com/stackful-go/stackful.lastToken
var lockedTries atomic.Uint64
