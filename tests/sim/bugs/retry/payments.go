// Package retry is a payment service: its client sends a request again that is not answered in time.
package retry

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"time"

	"example.com/bugs/internal/version"
)

// A Server charges orders.
type Server struct {
	Charge func() // does it, which takes a while

	mu      sync.Mutex
	seen    map[string]bool
	charged map[string]int // how many times, by order
}

// Serve serves l until it is closed.
func (s *Server) Serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.serve(c)
	}
}

// serve greets, and answers the requests of a connection: a line with the order.
func (s *Server) serve(c net.Conn) {
	defer c.Close()
	if _, err := fmt.Fprintln(c, "ready"); err != nil {
		return
	}
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		s.handle(lines.Text())
		if _, err := fmt.Fprintln(c, "ok"); err != nil {
			return
		}
	}
}

func (s *Server) handle(order string) {
	if version.Fixed && !s.isNew(order) {
		return
	}
	s.Charge() // the bug: the same order may have come before
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.charged == nil {
		s.charged = make(map[string]int)
	}
	s.charged[order]++
}

func (s *Server) isNew(order string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = make(map[string]bool)
	}
	isNew := !s.seen[order]
	s.seen[order] = true
	return isNew
}

// Charged returns how many times the order has been charged.
func (s *Server) Charged(order string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.charged[order]
}

// A Client sends orders.
type Client struct {
	Dial     func(deadline time.Time) (net.Conn, error)
	Timeout  time.Duration // of an attempt
	Attempts int
}

// Send has an order charged. After an error it is unknown whether it was.
func (c *Client) Send(order string) (err error) {
	for range c.Attempts {
		if err = c.attempt(order); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s, after %d attempts: %w", order, c.Attempts, err)
}

func (c *Client) attempt(order string) error {
	deadline := time.Now().Add(c.Timeout)
	conn, err := c.Dial(deadline)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	lines := bufio.NewReader(conn)
	if _, err := lines.ReadString('\n'); err != nil { // the greeting
		return err
	}
	if _, err := fmt.Fprintln(conn, order); err != nil {
		return err
	}
	_, err = lines.ReadString('\n')
	return err
}
