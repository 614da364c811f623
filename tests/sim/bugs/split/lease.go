// Package split elects a leader: a service leases the leadership to one node at a time.
package split

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"time"

	"example.com/bugs/internal/version"
)

// A Service leases the leadership for a time.
type Service struct {
	TTL time.Duration

	mu      sync.Mutex
	expires time.Time
}

// Serve serves l until it is closed.
func (s *Service) Serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.serve(c)
	}
}

// serve answers each line with "yes" or "no".
func (s *Service) serve(c net.Conn) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		answer := "no"
		if s.lease() {
			answer = "yes"
		}
		if _, err := fmt.Fprintln(c, answer); err != nil {
			return
		}
	}
}

func (s *Service) lease() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Before(s.expires) {
		return false
	}
	s.expires = now.Add(s.TTL)
	return true
}

// A Term is a time in which a node takes itself for the leader.
type Term struct {
	Node        string
	From, Until time.Time
}

// A Node asks for the leadership every now and then.
type Node struct {
	Name string
	TTL  time.Duration // that of the service
	Wait func()        // between two attempts

	terms []Term
}

// Run takes part by a connection to the service until end.
func (n *Node) Run(c net.Conn, end time.Time) error {
	answers := bufio.NewReader(c)
	for time.Now().Before(end) {
		n.Wait()
		asked := time.Now()
		if _, err := fmt.Fprintln(c, n.Name); err != nil {
			return err
		}
		answer, err := answers.ReadString('\n')
		if err != nil {
			return err
		}
		if answer == "yes\n" {
			n.lead(asked)
		}
	}
	return nil
}

// lead is the leader's work; asked is when the leadership was asked for.
func (n *Node) lead(asked time.Time) {
	now := time.Now()
	until := now.Add(n.TTL) // the bug: the service counts from before it answered
	if version.Fixed {
		until = asked.Add(n.TTL)
	}
	n.terms = append(n.terms, Term{n.Name, now, until})
	time.Sleep(until.Sub(now))
}

// Terms returns the terms of the node, once Run has returned.
func (n *Node) Terms() []Term { return n.terms }
