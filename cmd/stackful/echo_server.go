package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller"
)

// An echoServer answers in upper case. It is the same code on package poller and
// on package net: they differ in how one listens, and in how a function is
// started for each connection.
type echoServer struct {
	std     bool
	garbage int // bytes that each request allocates
	ln      net.Listener
	start   func(f func())

	mu         sync.Mutex // goroutines may be many, and usage is asked from another one
	served     int
	goroutines map[uint64]bool
	broken     []string // how accepting or connections failed, a few
}

func newEchoServer(std bool, garbage int) *echoServer {
	s := &echoServer{std: std, garbage: garbage, goroutines: make(map[uint64]bool)}
	s.start = func(f func()) { poller.Go(f) }
	if std {
		s.start = func(f func()) { go f() }
	}
	return s
}

func (s *echoServer) String() string {
	if s.std {
		return "upper-casing TCP server on package net, a goroutine for each connection,"
	}
	return "upper-casing TCP server on package poller, all connections on one goroutine,"
}

func (s *echoServer) listen(addr string) (err error) {
	if s.std {
		s.ln, err = net.Listen("tcp", addr)
	} else {
		s.ln, err = poller.Listen("tcp", addr)
	}
	return err
}

// accept starts a handler for each connection until the listener is closed.
func (s *echoServer) accept() {
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
func (s *echoServer) pause() {
	const d = 5 * time.Millisecond
	if s.std {
		time.Sleep(d)
	} else {
		poller.Sleep(d)
	}
}

const echoBuffer = 1 << 10 // bytes that a connection may read at once

func (s *echoServer) handle(c net.Conn) {
	defer c.Close()
	s.here(1)
	defer s.here(0)
	buf := make([]byte, echoBuffer)
	for {
		n, err := c.Read(buf)
		if err == nil {
			upper(buf[:n])
			if s.garbage > 0 {
				litter(s.garbage)
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

func upper(text []byte) {
	for i, b := range text {
		if 'a' <= b && b <= 'z' {
			text[i] = b - ('a' - 'A')
		}
	}
}

// here records the goroutine that a connection is served on.
func (s *echoServer) here(connections int) {
	id := asm.Goid()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goroutines[id] = true
	s.served += connections
}

func (s *echoServer) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.broken) < 5 {
		s.broken = append(s.broken, err.Error())
	}
}

// A serverUsage is the state of a server's process at one moment.
type serverUsage struct {
	CPU        time.Duration
	Sleeps     int64
	HasCPU     bool
	Memory     memoryUse // only if asked for
	Served     int
	Goroutines []uint64
	Broken     []string
}

// usage measures the process that it is called in.
func (s *echoServer) usage(memory bool) (u serverUsage) {
	if memory {
		u.Memory = measureMemory()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Served = s.served
	u.Broken = slices.Clone(s.broken)
	for id := range s.goroutines {
		u.Goroutines = append(u.Goroutines, id)
	}
	slices.Sort(u.Goroutines)
	u.CPU, u.Sleeps, u.HasCPU = cpuUsage()
	return u
}

// runEchoServer is the child that serves for -compare: it writes its address,
// and a serverUsage for each line that it reads, until its input ends.
func runEchoServer(ctx context.Context, t *terminal, args []string) error {
	fs := newFlags(t, "echo-server", "", "")
	std := fs.Bool("net", false, "")
	garbage := fs.Int("garbage", 0, "")
	addr := fs.String("addr", "127.0.0.1:0", "")
	if err := parse(fs, args, false); err != nil {
		return err
	}
	if *garbage > 0 {
		defer runtime.KeepAlive(liveHeap())
	}
	s := newEchoServer(*std, *garbage)
	return s.run(*addr, func() error {
		out := json.NewEncoder(t.out)
		if err := out.Encode(s.ln.Addr().String()); err != nil {
			return err
		}
		for lines := bufio.NewScanner(t.in); lines.Scan() && ctx.Err() == nil; {
			if err := out.Encode(s.usage(lines.Text() == "memory")); err != nil {
				return err
			}
		}
		return nil
	})
}

// A serverChild is a server in a process of its own.
type serverChild struct {
	*child
	addr string
}

func startServer(ctx context.Context, t *terminal, std bool, o echoOptions) (*serverChild, error) {
	c, err := startChild(ctx, t, []string{fmt.Sprintf("GOMAXPROCS=%d", o.procs)}, "echo-server",
		fmt.Sprintf("-net=%v", std), "-addr", o.addr, "-garbage", fmt.Sprint(o.garbage))
	if err != nil {
		return nil, err
	}
	s := &serverChild{child: c}
	if err := c.read(&s.addr); err != nil {
		c.kill()
		return nil, fmt.Errorf("echo-server: %w", err)
	}
	return s, nil
}

// usage is echoServer.usage in the child; what cannot be had is zero.
func (s *serverChild) usage(memory bool) (u serverUsage) {
	line := "usage"
	if memory {
		line = "memory"
	}
	if s.tell(line) == nil {
		s.read(&u)
	}
	return u
}
