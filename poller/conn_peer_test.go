//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func listenTCP(t testing.TB) net.Listener {
	t.Helper()
	l, err := Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Peers that send and shut down at once get the whole reply and the end of the
// stream: a hang-up does not close anything.
func TestConn_halfClose(t *testing.T) {
	run(t, func() {
		l := listenTCP(t)
		Go(func() { serve(l, echo) })
		answered := 0
		var clients []*Task
		for range 200 {
			clients = append(clients, Go(func() {
				c, err := Dial("tcp", l.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				out := bytes.Repeat([]byte("x"), 64)
				c.Write(out)
				c.(*Conn).CloseWrite()
				in, err := io.ReadAll(c)
				if err == nil && bytes.Equal(in, out) {
					answered++
				}
			}))
		}
		JoinAll(clients...)
		l.Close()
		if answered != 200 {
			t.Errorf("%d of 200 were answered in full", answered)
		}
	})
}

// A peer that sends 16.8 MB and reads nothing makes the server stop reading; when
// it reads at last it gets everything.
func TestConn_slowReader(t *testing.T) {
	run(t, func() {
		l := listenTCP(t)
		Go(func() { serve(l, echo) })
		c, err := Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, 16_800_000)
		for i := range data {
			data[i] = byte(i >> 7 * 13)
		}
		taken := 0
		writer := Go(func() {
			for taken < len(data) {
				n, err := c.Write(data[taken:min(len(data), taken+1<<16)])
				if taken += n; err != nil {
					t.Error(err)
					return
				}
			}
			c.(*Conn).CloseWrite()
		})
		for before := -1; before != taken; { // until nothing moves any more
			before = taken
			Sleep(5 * time.Millisecond)
		}
		if taken == len(data) {
			t.Error("all was taken in: it is in the server's memory")
		}
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d of %d bytes came back, %v", len(got), len(data), err)
		}
		writer.Join()
		c.Close()
		l.Close()
	})
}

// A peer that resets the connection ends what is parked on it, in both directions,
// with the error; and the next call fails too.
func TestConn_resetInBothDirections(t *testing.T) {
	in(t, func(t *testing.T) {
		for _, unread := range []bool{false, true} {
			c1, c2 := pair(t, "tcp")
			if unread {
				c1.Write([]byte("x")) // a close with this unread is a reset too
			} else {
				c2.(*Conn).SetLinger(0)
			}
			results := make(chan error, 2)
			start := func(call func(p []byte) (int, error)) {
				f := func() {
					buf := make([]byte, 1<<20)
					for {
						if _, err := call(buf); err != nil {
							results <- err
							return
						}
					}
				}
				if Current() != nil {
					Go(f)
				} else {
					go f()
				}
			}
			start(c1.Read)
			start(c1.Write)
			for range 20 {
				YieldIO() // the write fills the buffers
			}
			c2.Close()
			for range 2 {
				var err error
				if Current() != nil {
					err, _ = Await(func() (error, error) { return <-results, nil })
				} else {
					err = <-results
				}
				if !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.EPIPE) && err != io.EOF {
					t.Errorf("%v", err) // one of them takes the error from the socket
				}
			}
			if _, err := c1.Write([]byte("x")); !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
				t.Errorf("next Write: %v", err)
			}
			c1.Close()
		}
	})
}

// Close while another task, or goroutine, writes: the writer is told how much the
// kernel took, and the peer gets just that.
func TestConn_closeWhileWriting(t *testing.T) {
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

// A reset ends the parked Read and Write, and later ones, with errors of the system.
func TestConn_reset(t *testing.T) {
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
func TestConn_emptyWrite(t *testing.T) {
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

// A signal that interrupts system calls all the time changes nothing.
func TestConn_signals(t *testing.T) {
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
