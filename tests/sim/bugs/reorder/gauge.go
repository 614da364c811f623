// Package reorder reports gauges to a server by datagrams, in the manner of statsd.
package reorder

import (
	"fmt"
	"net"
	"sync"

	"example.com/bugs/internal/version"
)

// A Reporter sends the values of one gauge.
type Reporter struct {
	conn     net.Conn
	name     string
	sequence int
}

// NewReporter returns a reporter that sends by conn.
func NewReporter(conn net.Conn, name string) *Reporter {
	return &Reporter{conn: conn, name: name}
}

// Set reports the value that the gauge has now.
func (r *Reporter) Set(value int) error {
	r.sequence++
	_, err := fmt.Fprintf(r.conn, "%s %d %d", r.name, r.sequence, value)
	return err
}

// A gauge is what the server knows of one.
type gauge struct {
	sequence, value int
}

// A Server knows the values of all gauges.
type Server struct {
	mu     sync.Mutex
	gauges map[string]gauge
	count  int // of reports
}

// Serve receives reports until conn is closed.
func (s *Server) Serve(conn net.PacketConn) {
	b := make([]byte, 512)
	for {
		n, _, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		var name string
		var g gauge
		if _, err := fmt.Sscanf(string(b[:n]), "%s %d %d", &name, &g.sequence, &g.value); err == nil {
			s.apply(name, g)
		}
	}
}

func (s *Server) apply(name string, g gauge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if s.gauges == nil {
		s.gauges = make(map[string]gauge)
	}
	if version.Fixed && g.sequence < s.gauges[name].sequence {
		return // overtaken by a later one
	}
	s.gauges[name] = g // the bug: it may be older than what is there
}

// Value returns the value of a gauge, and how many reports have arrived, of all gauges.
func (s *Server) Value(name string) (value, reports int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gauges[name].value, s.count
}
