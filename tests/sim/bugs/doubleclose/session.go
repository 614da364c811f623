// Package doubleclose is a session of a server, which its client ends, or a limit of idle time.
package doubleclose

import (
	"sync"
	"time"

	"example.com/bugs/internal/version"
)

// A Session collects lines and writes them to its log in blocks.
type Session struct {
	idle time.Duration
	done chan struct{}
	once sync.Once

	mu     sync.Mutex
	lines  []string
	last   time.Time // of the last line
	blocks [][]string
}

// Open returns a session that ends after being idle for that long.
func Open(idle time.Duration) *Session {
	s := &Session{idle: idle, done: make(chan struct{}), last: time.Now()}
	go s.watch()
	return s
}

// watch ends the session when it is idle.
func (s *Session) watch() {
	left := s.idle
	for {
		select {
		case <-s.done:
			return
		case <-time.After(left):
		}
		s.mu.Lock()
		left = time.Until(s.last.Add(s.idle))
		s.mu.Unlock()
		if left <= 0 {
			s.Close()
			return
		}
	}
}

// Add adds a line, and reports whether the session was open.
func (s *Session) Add(line string) bool {
	if s.isClosed() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	s.last = time.Now()
	if len(s.lines) == 10 {
		s.flushLocked()
	}
	return true
}

// Close ends the session. It may be called again.
func (s *Session) Close() {
	if version.Fixed {
		s.once.Do(s.end)
		return
	}
	if s.isClosed() {
		return
	}
	s.end() // the bug: another call may be on its way here
}

func (s *Session) end() {
	s.mu.Lock()
	s.flushLocked()
	s.mu.Unlock()
	close(s.done)
}

func (s *Session) isClosed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *Session) flushLocked() {
	if len(s.lines) > 0 {
		s.blocks = append(s.blocks, s.lines)
		s.lines = nil
	}
}

// Lines returns how many lines are in the log.
func (s *Session) Lines() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, block := range s.blocks {
		n += len(block)
	}
	return n
}
