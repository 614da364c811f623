//go:build linux && !poller_std

package poller

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

func TestPatchedSim_netErrors(t *testing.T) {
	for seed := range uint64(20) {
		simulatePatched(t, seed, func(s *Sim) { netErrors(t, s) })
	}
}

func netErrors(t *testing.T, s *Sim) {
	var accepted []net.Conn
	arrived := NewChan[net.Conn](10)
	s.Go("server", func() {
		l, err := net.Listen("tcp", ":80")
		needNil(t, err)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted = append(accepted, c)
			arrived.Send(c)
		}
	})
	Sleep(time.Second)
	pair := func() (*net.TCPConn, *net.TCPConn) {
		c, err := net.Dial("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		other, _ := arrived.Recv()
		return c.(*net.TCPConn), other.(*net.TCPConn)
	}
	b := make([]byte, 10)

	// Deadlines.
	c, other := pair()
	begun := Now()
	needNil(t, c.SetReadDeadline(begun.Add(time.Minute)))
	_, err := c.Read(b)
	needErr(t, "Read", err, "i/o timeout", os.ErrDeadlineExceeded)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() || Now().Sub(begun) != time.Minute {
		t.Error(err, Now().Sub(begun))
	}
	needNil(t, c.SetWriteDeadline(Now().Add(time.Minute)))
	n, err := c.Write(make([]byte, 1<<20))
	needErr(t, "Write", err, "i/o timeout", os.ErrDeadlineExceeded)
	if n == 0 || n == 1<<20 {
		t.Error(n)
	}
	needNil(t, c.SetDeadline(time.Unix(1, 0))) // as net/http does
	_, err = c.Read(b)
	needErr(t, "Read", err, "i/o timeout", os.ErrDeadlineExceeded)
	needNil(t, c.SetDeadline(time.Time{}))
	other.Write(b)
	if n, err := io.ReadFull(c, b); n != 10 || err != nil {
		t.Error(n, err)
	}

	// The end of the stream, both ways.
	needNil(t, other.CloseWrite())
	_, err = c.Read(b)
	if err != io.EOF {
		t.Error(err)
	}
	_, err = other.Write(b)
	needErr(t, "Write", err, "write: broken pipe", syscall.EPIPE)
	needNil(t, c.CloseRead())

	// Close wakes, also with unread data, which resets.
	reader := Go(func() {
		_, err := c.Read(b)
		if err != io.EOF { // its reads have ended
			t.Error(err)
		}
	})
	reader.Join()
	waiting := Go(func() {
		_, err := other.Read(make([]byte, 2<<20))
		for err == nil {
			_, err = other.Read(make([]byte, 2<<20))
		}
		needErr(t, "Read", err, "use of closed network connection", net.ErrClosed)
	})
	Sleep(time.Second)
	needNil(t, other.Close())
	waiting.Join()
	needErr(t, "Close", other.Close(), "close tcp", net.ErrClosed)
	needErr(t, "SetDeadline", other.SetDeadline(time.Time{}), "set tcp", net.ErrClosed)
	needErr(t, "SetNoDelay", other.SetNoDelay(true), "set tcp", net.ErrClosed)
	c.Close()
	_, err = c.Write(b)
	needErr(t, "Write", err, "write tcp", net.ErrClosed)

	// Resets.
	c, other = pair()
	reader = Go(func() {
		_, err := c.Read(b)
		needErr(t, "Read", err, "read: connection reset by peer", syscall.ECONNRESET)
		needErr(t, "CloseWrite", c.CloseWrite(), "shutdown: transport endpoint is not connected", syscall.ENOTCONN)
	})
	Sleep(time.Second)
	s.Reset("main", "server")
	reader.Join()
	_, err = other.Write(b)
	needErr(t, "Write", err, "write: connection reset by peer", syscall.ECONNRESET)
	c, other = pair()
	needNil(t, other.SetLinger(0))
	other.Close()
	_, err = c.Read(b)
	needErr(t, "Read", err, "read: connection reset by peer", syscall.ECONNRESET)

	// A partition.
	c, other = pair()
	s.Partition("main", "server")
	_, err = c.Write(b)
	needNil(t, err)
	_, err = c.Read(b)
	needErr(t, "Read", err, "read: connection timed out", syscall.ETIMEDOUT)
	_, err = net.Dial("tcp", "server:80")
	needErr(t, "Dial", err, "connect: connection timed out", syscall.ETIMEDOUT)
	s.Heal("main", "server")

	// Accept.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	needNil(t, err)
	needNil(t, l.(*net.TCPListener).SetDeadline(Now().Add(time.Second)))
	_, err = l.Accept()
	needErr(t, "Accept", err, "accept tcp "+l.Addr().String()+": i/o timeout", os.ErrDeadlineExceeded)
	needNil(t, l.(*net.TCPListener).SetDeadline(time.Time{}))
	acceptor := Go(func() {
		_, err := l.Accept()
		needErr(t, "Accept", err, "accept tcp "+l.Addr().String()+": use of closed network connection", net.ErrClosed)
	})
	Sleep(time.Second)
	needNil(t, l.Close())
	acceptor.Join()
	needErr(t, "Close", l.Close(), "close tcp", net.ErrClosed)

	// Contexts.
	s.Partition("main", "server")
	ctx, cancel := context.WithCancel(context.Background())
	GoAfter(time.Second, cancel)
	begun = Now()
	var d net.Dialer
	_, err = d.DialContext(ctx, "tcp", "server:80")
	needErr(t, "DialContext", err, "operation was canceled", context.Canceled)
	if Now().Sub(begun) != time.Second {
		t.Error(Now().Sub(begun))
	}
	_, err = d.DialContext(ctx, "tcp", "server:80")
	needErr(t, "DialContext", err, "operation was canceled", context.Canceled)
	dialer := Go(func() { net.Dial("tcp", "server:80"); t.Error("not killed") })
	Sleep(time.Second)
	dialer.Kill()
	s.Heal("main", "server")
}

// A socket of a simulation is not for others, and those of others are real.
func TestPatchedSim_netOutside(t *testing.T) {
	var c net.Conn
	var l net.Listener
	simulatePatched(t, 1, func(s *Sim) {
		l, _ = net.Listen("tcp", "127.0.0.1:0")
		c, _ = net.Dial("tcp", l.Addr().String())
		done := make(chan error)
		runtimepatch.Block() // the wait for a goroutine is no part of the simulation
		runtimepatch.Go(func() {
			_, err := c.Write([]byte("x"))
			done <- err
		})
		err := <-done
		runtimepatch.Unblock()
		needErr(t, "Write", err, "write tcp", ErrSimulated)
	})
	_, err := c.Write([]byte("x"))
	needErr(t, "Write", err, "write tcp", ErrSimulated)
	_, err = c.Read(make([]byte, 1))
	needErr(t, "Read", err, "read tcp", ErrSimulated)
	_, err = l.Accept()
	needErr(t, "Accept", err, "accept tcp", ErrSimulated)
	needErr(t, "Close", c.Close(), "close tcp", ErrSimulated)
	real := stdListen(t)
	defer real.Close()
	if _, err := net.DialTimeout("tcp", real.Addr().String(), time.Second); err != nil {
		t.Error(err)
	}
}
