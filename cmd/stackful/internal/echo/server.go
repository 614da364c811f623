package echo

import (
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/cmd/stackful/internal/garbage"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/poller"
)

// A Server answers in upper case. It is the same code on package poller and
// on package net: they differ in how one listens, and in how a function is
// started for each connection.
type Server struct {
	std     bool
	garbage int // bytes that each request allocates
	ln      net.Listener
	start   func(f func())

	mu         sync.Mutex // goroutines may be many, and usage is asked from another one
	served     int
	goroutines map[uint64]bool
	broken     []string // how accepting or connections failed, a few
}

// NewServer returns a server on package net if std is set, on package poller otherwise.
// Each request allocates that many bytes of garbage besides.
func NewServer(std bool, garbage int) *Server {
	s := &Server{std: std, garbage: garbage, goroutines: make(map[uint64]bool)}
	s.start = func(f func()) { poller.Go(f) }
	if std {
		s.start = func(f func()) { go f() }
	}
	return s
}

// String describes the server.
func (s *Server) String() string {
	if s.std {
		return "upper-casing TCP server on package net, a goroutine for each connection,"
	}
	return "upper-casing TCP server on package poller, all connections on one goroutine,"
}

// Listen makes the server listen on a TCP address. A server on package poller must be
// called in a task, here and in Accept.
func (s *Server) Listen(addr string) (err error) {
	if s.std {
		s.ln, err = net.Listen("tcp", addr)
	} else {
		s.ln, err = poller.Listen("tcp", addr)
	}
	return err
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Close stops listening, which ends Accept. Connections are served until their clients
// hang up.
func (s *Server) Close() { s.ln.Close() }

// Accept starts a handler for each connection until the server is closed.
func (s *Server) Accept() {
	for {
		c, err := s.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.note(err)
			s.pause()
			continue
		}
		s.start(func() { s.handle(c) })
	}
}

// pause lets some time pass: accepting fails when there are too many open files.
func (s *Server) pause() {
	const d = 5 * time.Millisecond
	if s.std {
		time.Sleep(d)
	} else {
		poller.Sleep(d)
	}
}

// readSize is how many bytes a connection reads at once. Requests may be longer: each
// part is answered by itself.
const readSize = 1 << 10

// handle answers until the client hangs up. It knows nothing of tasks.
func (s *Server) handle(c net.Conn) {
	defer c.Close()
	s.here(1)
	defer s.here(0)
	buf := make([]byte, readSize)
	for {
		n, err := c.Read(buf)
		if err == nil {
			upper(buf[:n])
			if s.garbage > 0 {
				garbage.Litter(s.garbage)
			}
			_, err = c.Write(buf[:n])
		}
		if err != nil {
			if err != io.EOF {
				s.note(err)
			}
			return
		}
	}
}

// upper turns a to z into upper case, in place: cheap, yet a reply that was not made by the
// server is noticed.
func upper(text []byte) {
	for i, b := range text {
		if 'a' <= b && b <= 'z' {
			text[i] = b - ('a' - 'A')
		}
	}
}

// here records the goroutine that a connection is served on: that there is one is what
// echo shows.
func (s *Server) here(connections int) {
	id := asm.Goid()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goroutines[id] = true
	s.served += connections
}

// note keeps the first errors.
func (s *Server) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.broken) < 5 {
		s.broken = append(s.broken, err.Error())
	}
}

// A Usage is the state of a server's process at one moment. It is sent as JSON by a server
// in a child.
type Usage struct {
	CPU        time.Duration
	Sleeps     int64
	HasCPU     bool
	Memory     measure.MemoryUse // only if asked for
	Served     int
	Goroutines []uint64
	Broken     []string
}

// Usage measures this process. It may be called by any goroutine.
func (s *Server) Usage(memory bool) (u Usage) {
	if memory {
		u.Memory = measure.Memory()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Served = s.served
	u.Broken = slices.Clone(s.broken)
	for id := range s.goroutines {
		u.Goroutines = append(u.Goroutines, id)
	}
	slices.Sort(u.Goroutines)
	u.CPU, u.Sleeps, u.HasCPU = measure.CPU()
	return u
}

// run serves on addr while f runs, which it calls on another goroutine.
func (s *Server) run(addr string, f func() error) (err error) {
	if s.std {
		if err := s.Listen(addr); err != nil {
			return err
		}
		defer s.Close()
		go s.Accept()
		return f()
	}
	runErr := poller.Run(func() {
		if err = s.Listen(addr); err != nil {
			return
		}
		accepting := poller.Go(s.Accept)
		_, err = poller.Await(func() (struct{}, error) { return struct{}{}, f() })
		s.Close()
		accepting.Join()
	})
	if err == nil {
		err = runErr
	}
	return err
}
