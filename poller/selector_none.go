//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"sync"
	"time"
)

// idleSelector is the selector of systems for which there is no backend yet: it
// waits, and can be woken, but watches nothing. Sockets come from package net
// there; see conn_std.go.
type idleSelector struct {
	turn chan struct{} // capacity 1
	mu   sync.Mutex
	gone bool
}

// levelTriggered: see want in selector.go.
const levelTriggered = false

func newSelector() (selector, error) {
	return &idleSelector{turn: make(chan struct{}, 1)}, nil
}

func (s *idleSelector) add(int, uint64) error   { return unsupported("waiting for a descriptor") }
func (s *idleSelector) rearm(int, uint64) error { return unsupported("waiting for a descriptor") }
func (s *idleSelector) want(int, readiness)     {}
func (s *idleSelector) remove(int) error        { return nil }

func (s *idleSelector) wait(_ []event, timeout int64) (int, error) {
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

func (s *idleSelector) wake() {
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

func (s *idleSelector) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	return nil
}
