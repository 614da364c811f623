// Package timeoutrace is a pool of connections, for which callers wait for a limited time.
package timeoutrace

import (
	"errors"
	"slices"
	"sync"
	"time"

	"example.com/bugs/internal/version"
)

// ErrTimeout means that no connection became free in time.
var ErrTimeout = errors.New("timeout")

// A Conn is a connection to a database.
type Conn struct{ ID int }

// A Pool lends its connections. Waiters are served in the order in which they came.
type Pool struct {
	mu      sync.Mutex
	idle    []*Conn
	waiters []chan *Conn
}

// New returns a pool with n connections.
func New(n int) *Pool {
	p := &Pool{}
	for i := range n {
		p.idle = append(p.idle, &Conn{ID: i})
	}
	return p
}

// Get lends a connection, or fails with ErrTimeout.
func (p *Pool) Get(timeout time.Duration) (*Conn, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	w := make(chan *Conn, 1)
	p.waiters = append(p.waiters, w)
	p.mu.Unlock()

	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case c := <-w:
		return c, nil
	case <-timer.C:
	}
	if !p.forget(w) && version.Fixed {
		return <-w, nil
	}
	return nil, ErrTimeout // the bug: if w is not among the waiters any more, a connection is in it
}

// forget removes a waiter, and reports whether it was still waiting.
func (p *Pool) forget(w chan *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.waiters, w)
	if i < 0 {
		return false
	}
	p.waiters = slices.Delete(p.waiters, i, i+1)
	return true
}

// Put takes a connection back.
func (p *Pool) Put(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiters) == 0 {
		p.idle = append(p.idle, c)
		return
	}
	p.waiters[0] <- c
	p.waiters = p.waiters[1:]
}

// Idle returns how many connections are not lent.
func (p *Pool) Idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}
