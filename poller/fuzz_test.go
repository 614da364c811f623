package poller

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// FuzzSockets runs programs of socket operations, by tasks, against a model of what
// a pair of connected stream sockets is: two byte streams, each with two ends that
// are open, shut or closed. The sockets are Unix ones, which do nothing late.

type socketOp byte

const (
	opConnect  socketOp = iota
	opWrite             // some bytes
	opRead              // at most so many; may have to wait
	opKillRead          // kills the task that waits in a read
	opShut              // CloseWrite
	opClose
	opExpire // a deadline that has passed
	opRenew  // no deadline
	opMeet   // lets all other tasks run
	socketOps
)

const (
	maxPairs   = 3
	maxPending = 8 << 10 // bytes under way in one direction, so that no write waits
)

// An endpoint is an end of a connection, with the model's knowledge of it.
type endpoint struct {
	name    string
	conn    *Conn
	peer    *endpoint
	coming  []byte // written by the peer, not read
	shut    bool   // no more writes
	closed  bool
	expired bool
	reset   bool // the peer has closed with bytes unread, and a read may say so
	reading *pendingRead
}

type pendingRead struct {
	task *Task
	size int
	got  []byte
	err  error
}

// A socketProgram is a program as it runs.
type socketProgram struct {
	t       *testing.T
	code    []byte
	address string
	lsn     net.Listener
	sockets []*endpoint
	serial  byte
	log     []string
}

func (p *socketProgram) next() byte {
	if len(p.code) == 0 {
		return 0
	}
	b := p.code[0]
	p.code = p.code[1:]
	return b
}

func (p *socketProgram) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s\nafter %q", fmt.Sprintf(format, args...), p.log)
}

func (p *socketProgram) run() {
	for len(p.code) > 0 && !p.t.Failed() {
		p.step(socketOp(p.next() % byte(socketOps)))
	}
	for _, s := range p.sockets {
		p.close(s)
	}
}

func (p *socketProgram) step(op socketOp) {
	if op == opConnect || len(p.sockets) == 0 {
		p.connect()
		return
	}
	s := p.sockets[int(p.next())%len(p.sockets)]
	n := 1 + int(p.next())*8
	p.log = append(p.log, fmt.Sprintf("%d %s %d", op, s.name, n))
	switch op {
	case opWrite:
		p.write(s, n)
	case opRead:
		p.read(s, n)
	case opKillRead:
		if r := s.reading; r != nil {
			r.task.Kill()
			if err := r.task.Err(); !errors.Is(err, ErrKilled) {
				p.fail("the killed task's error is %v", err)
			}
			s.reading = nil
		}
	case opShut:
		err := s.conn.CloseWrite()
		switch {
		case s.closed:
			p.want(err, net.ErrClosed)
		case s.peer.closed || s.shut: // the system may say that it is not connected any more
		default:
			p.want(err, nil)
		}
		s.shut = true
		p.settle(s.peer)
	case opClose:
		p.close(s)
	case opExpire, opRenew:
		var at time.Time
		if op == opExpire {
			at = time.Unix(1, 0)
		}
		err := s.conn.SetDeadline(at)
		if s.closed {
			p.want(err, net.ErrClosed)
			break
		}
		p.want(err, nil)
		s.expired = op == opExpire
		p.settle(s)
	case opMeet:
		YieldIO()
	}
}

func (p *socketProgram) connect() {
	if len(p.sockets) >= 2*maxPairs {
		return
	}
	p.log = append(p.log, "connect")
	var accepted net.Conn
	accepting := Go(func() { accepted, _ = p.lsn.Accept() })
	dialled, err := Dial("unix", p.address)
	if err != nil {
		p.fail("dial: %v", err)
	}
	accepting.Join()
	i := len(p.sockets) / 2
	a, b := &endpoint{name: fmt.Sprint(i, "a"), conn: dialled.(*Conn)}, &endpoint{name: fmt.Sprint(i, "b"), conn: accepted.(*Conn)}
	a.peer, b.peer = b, a
	p.sockets = append(p.sockets, a, b)
}

func (p *socketProgram) want(got, want error) {
	p.t.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		p.fail("got %v, want %v", got, want)
	}
}

func (p *socketProgram) write(s *endpoint, n int) {
	if len(s.peer.coming)+n > maxPending && !s.peer.closed {
		return
	}
	data := make([]byte, n)
	for i := range data {
		p.serial++
		data[i] = p.serial
	}
	k, err := s.conn.Write(data)
	switch {
	case s.closed:
		p.want(err, net.ErrClosed)
	case s.expired:
		p.want(err, os.ErrDeadlineExceeded)
	case s.shut, s.peer.closed:
		if !errors.Is(err, syscall.EPIPE) && !(s.reset && errors.Is(err, syscall.ECONNRESET)) {
			p.fail("write to nobody: %v", err)
		}
		s.reset = s.reset && errors.Is(err, syscall.EPIPE) // an error is reported once
	default:
		p.want(err, nil)
		if k != n {
			p.fail("wrote %d of %d bytes", k, n)
		}
		s.peer.coming = append(s.peer.coming, data...)
		p.settle(s.peer)
		return
	}
	if k != 0 {
		p.fail("wrote %d bytes, and %v", k, err)
	}
}

// read starts a read, which the model says ends now or later.
func (p *socketProgram) read(s *endpoint, n int) {
	if s.reading != nil {
		return
	}
	r := &pendingRead{size: n}
	s.reading = r
	r.task = Go(func() {
		buf := make([]byte, n)
		var k int
		k, r.err = s.conn.Read(buf)
		r.got = buf[:k]
	})
	p.settle(s)
}

// settle checks a read that the model says has ended, and one that has not.
func (p *socketProgram) settle(s *endpoint) {
	r := s.reading
	if r == nil {
		return
	}
	ends := s.closed || s.expired || len(s.coming) > 0 || s.peer.shut || s.peer.closed
	if !ends {
		YieldIO()
		if r.task.Ended() {
			p.fail("the read on %s has ended with %d bytes, %v", s.name, len(r.got), r.err)
		}
		return
	}
	if err := r.task.JoinTimeout(time.Minute); err != nil {
		p.fail("the read on %s: %v", s.name, err)
	}
	s.reading = nil
	switch {
	case s.closed:
		p.want(r.err, net.ErrClosed)
	case s.expired:
		p.want(r.err, os.ErrDeadlineExceeded)
	case len(s.coming) > 0:
		p.want(r.err, nil)
		if len(r.got) == 0 || len(r.got) > r.size || !bytes.HasPrefix(s.coming, r.got) {
			p.fail("read on %s of %d bytes: %d bytes that are not what comes next", s.name, r.size, len(r.got))
		}
		s.coming = s.coming[len(r.got):]
		return
	default:
		if s.reset && errors.Is(r.err, syscall.ECONNRESET) {
			s.reset = false
			break
		}
		p.want(r.err, io.EOF)
	}
	if len(r.got) > 0 {
		p.fail("read on %s: %d bytes, and %v", s.name, len(r.got), r.err)
	}
}

func (p *socketProgram) close(s *endpoint) {
	err := s.conn.Close()
	if s.closed {
		p.want(err, net.ErrClosed)
		return
	}
	p.want(err, nil)
	s.closed = true
	s.peer.reset = len(s.coming) > 0
	p.settle(s)
	p.settle(s.peer)
}

func runSockets(t *testing.T, code []byte) {
	address := filepath.Join(t.TempDir(), "s")
	err := Run(func() {
		l, err := Listen("unix", address)
		if err != nil {
			t.Error(err)
			return
		}
		defer l.Close()
		p := &socketProgram{t: t, code: code, address: address, lsn: l}
		p.run()
	})
	if err != nil {
		t.Error("Run:", err)
	}
}

func randomSockets(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 7))
	code := make([]byte, size)
	for i := range code {
		code[i] = byte(r.Uint32())
	}
	return code
}

func FuzzSockets(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(randomSockets(seed, 200))
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		if len(code) > 4096 {
			t.Skip("too long")
		}
		runSockets(t, code)
	})
}

// TestSockets_random is FuzzSockets for programs that chance finds.
func TestSockets_random(t *testing.T) {
	r := rng(t)
	programs := 60
	if testing.Short() {
		programs = 10
	}
	for range programs {
		runSockets(t, randomSockets(r.Uint64(), 300))
		if t.Failed() {
			return
		}
	}
}

// The programs that the fuzzer has found are kept, and run with every test.
func TestSockets_corpusIsKept(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("testdata", "fuzz", "FuzzSockets"))
	if err != nil || len(entries) == 0 {
		t.Errorf("%d programs, %v", len(entries), err)
	}
}
