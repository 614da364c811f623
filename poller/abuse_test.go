//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// The rows of "semantics under abuse" that have no test of their own elsewhere.
// (Elsewhere: TestClose_wakes, TestClose_numberReused, TestDeadline, TestProbe_*,
// TestFault_*, TestConn_twoAtOnce.)

// Close while another task, or goroutine, writes: the writer is told how much the
// kernel took, and the peer gets just that.
func TestAbuse_closeWhileWriting(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			in(t, func(t *testing.T) {
				data := movedData(32 << 20)
				c1, c2 := pair(t, network)
				var n int
				var err error
				done := new(Event)
				write := func() { n, err = c1.Write(data); done.Set() }
				if Current() != nil {
					Go(write)
				} else {
					go write()
				}
				first := make([]byte, 100)
				if _, err := io.ReadFull(c2, first); err != nil {
					t.Fatal(err)
				}
				c1.Close()
				done.Wait()
				if n < 100 || n >= len(data) || !errors.Is(err, net.ErrClosed) {
					t.Errorf("Write: %d, %v", n, err)
				}
				rest, rerr := io.ReadAll(c2)
				if got := append(first, rest...); rerr != nil || !bytes.Equal(got, data[:n]) {
					t.Errorf("%d bytes arrived, want %d; %v", len(got), n, rerr)
				}
				c2.Close()
			})
		})
	}
}

// A reset reaches who is parked in Read and in Write, and who comes later, as errors
// of the system.
func TestAbuse_reset(t *testing.T) {
	in(t, func(t *testing.T) {
		for _, parked := range []string{"read", "write", "neither"} {
			c1, c2 := pair(t, "tcp")
			buf := make([]byte, 1)
			reset := func() {
				c2.(*Conn).SetLinger(0)
				c2.Close()
			}
			isReset := func(err error) bool {
				return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
			}
			var op *net.OpError
			switch parked {
			case "read":
				time.AfterFunc(time.Millisecond, reset)
				if n, err := c1.Read(buf); n != 0 || !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &op) || op.Op != "read" {
					t.Errorf("Read: %d, %v", n, err)
				}
			case "write":
				time.AfterFunc(20*time.Millisecond, reset)
				if n, err := c1.Write(make([]byte, 64<<20)); n == 64<<20 || !isReset(err) || !errors.As(err, &op) || op.Op != "write" {
					t.Errorf("Write: %d, %v", n, err)
				}
			case "neither":
				c1.Write(buf) // unread: that alone resets
				reset()
				if n, err := c1.Read(buf); n != 0 || !isReset(err) {
					t.Errorf("Read afterwards: %d, %v", n, err)
				}
			}
			if _, err := c1.Write(buf); !isReset(err) {
				t.Errorf("%s, then Write: %v", parked, err)
			}
			if err := c1.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A write of nothing does nothing: it neither waits for room nor reports a peer that
// is gone; but a closed connection is one.
func TestAbuse_emptyWrite(t *testing.T) {
	forNetworks(t, []string{"tcp", "unix"}, func(t *testing.T, network string) {
		c1, c2 := pair(t, network)
		defer c2.Close()
		filler := Go(func() { c1.Write(make([]byte, 64<<20)) })
		for range 20 {
			YieldIO()
		}
		for _, p := range [][]byte{nil, {}} {
			if n, err := c1.Write(p); n != 0 || err != nil {
				t.Errorf("with no room: %d, %v", n, err)
			}
			if n, err := c2.Read(p); n != 0 || err != nil {
				t.Errorf("a read of nothing: %d, %v", n, err)
			}
		}
		filler.Kill()
		c1.SetWriteDeadline(time.Unix(1, 0))
		var ne net.Error
		if n, err := c1.Write(nil); n != 0 || !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("past the deadline: %d, %v", n, err)
		}
		c1.Close()
		if _, err := c1.Write(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
	run(t, func() { // a datagram may be empty
		c1, c2 := pair(t, "unixpacket")
		defer c1.Close()
		defer c2.Close()
		c1.Write([]byte("x"))
		if n, err := c2.Read(make([]byte, 10)); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}

// Several hubs accept from one listener: every connection comes out once, and each
// belongs to the hub that has it.
func TestAbuse_acceptFromTwoHubs(t *testing.T) {
	run(t, func() {
		const all = 200
		l := listenTCP(t)
		var accepted, hubs atomic.Int32
		serving := func() {
			mine := 0
			for {
				c, err := l.(*Listener).AcceptConn()
				if err != nil {
					break
				}
				if c.d.Hub != sched.Here() {
					t.Error("on another hub")
				}
				accepted.Add(1)
				if mine++; mine == 1 {
					hubs.Add(1)
				}
				Go(func() { echo(c) })
				Yield()
			}
		}
		ended := make(chan error, 2)
		for range 2 {
			go func() { ended <- Run(serving) }()
		}
		own := Go(serving)
		var clients []*Task
		for range all {
			clients = append(clients, Go(func() {
				c, err := Dial("tcp", l.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				c.Write([]byte("x"))
				if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
					t.Error(n, err)
				}
			}))
		}
		JoinAll(clients...)
		l.Close()
		own.Join()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if n := accepted.Load(); n != all {
			t.Errorf("%d of %d were accepted", n, all)
		}
		if hubs.Load() == 0 {
			t.Error("nobody has accepted")
		}
	})
}

// A connection that is reset before it is accepted does not end the server.
func TestAbuse_resetInQueue(t *testing.T) {
	run(t, func() {
		l := listenTCP(t)
		for range 10 {
			c := dialTo(t, l)
			c.(*Conn).SetLinger(0)
			c.Close()
		}
		Go(func() { serve(l, echo) })
		c := dialTo(t, l)
		c.Write([]byte("x"))
		if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Error(n, err)
		}
		c.Close()
		l.Close()
	})
}

// A signal that interrupts system calls all the time changes nothing.
func TestAbuse_signals(t *testing.T) {
	run(t, func() {
		quit, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for {
				select {
				case <-quit:
					return
				default:
					unix.Kill(unix.Getpid(), unix.SIGURG) // which the runtime handles
					time.Sleep(50 * time.Microsecond)
				}
			}
		}()
		data := movedData(8 << 20)
		c1, c2 := pair(t, "tcp")
		Go(func() { c1.Write(data); c1.Close() })
		start := time.Now()
		Sleep(20 * time.Millisecond)
		if d := time.Since(start); d < 20*time.Millisecond {
			t.Errorf("slept %v", d)
		}
		if got, err := io.ReadAll(c2); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		c2.Close()
		close(quit)
		<-ended
	})
}

// movedData is what the tests move: more than buffers of sockets and pipes hold.
func movedData(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i*7>>5 ^ i>>13)
	}
	return data
}
