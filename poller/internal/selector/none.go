//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package selector

import (
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// idleSelector is the selector of systems for which there is no backend yet: it
// waits, and can be woken, but watches nothing. Sockets come from package net
// there; see poller/conn_std.go.
type idleSelector struct {
	turn chan struct{} // capacity 1
	mu   runtimepatch.Mutex
	gone bool
}

// LevelTriggered: see want in selector.go.
const LevelTriggered = false

// New returns a selector, which cannot watch anything.
func New() (Selector, error) {
	return &idleSelector{turn: make(chan struct{}, 1)}, nil
}

func (s *idleSelector) Add(int, uint64) error   { return fault.Unsupported("waiting for a descriptor") }
func (s *idleSelector) Rearm(int, uint64) error { return fault.Unsupported("waiting for a descriptor") }
func (s *idleSelector) Want(int, Readiness)     {}
func (s *idleSelector) Remove(int) error        { return nil }

func (s *idleSelector) Wait(_ []Event, timeout int64) (int, error) {
	switch {
	case timeout < 0:
		<-s.turn
	case timeout == 0:
		select {
		case <-s.turn:
		default:
		}
	default:
		alarm := time.NewTimer(time.Duration(timeout))
		defer alarm.Stop()
		select {
		case <-s.turn:
		case <-alarm.C:
		}
	}
	return 0, nil
}

func (s *idleSelector) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return
	}
	select {
	case s.turn <- struct{}{}:
	default:
	}
}

func (s *idleSelector) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	return nil
}
