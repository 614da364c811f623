//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"bytes"
	"errors"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// settledSys returns sys, which may be changed now: the goroutine in the background,
// which reads it, has ended after what the tests before have closed.
func settledSys() socket.Calls {
	for running := true; running; runtime.Gosched() {
		sched.Background.Mu.Lock()
		running = sched.Background.Running
		sched.Background.Mu.Unlock()
	}
	return socket.Sys
}

// failEvery makes each k-th call of a kind fail with errno.
type failEvery struct {
	k     int
	errno unix.Errno
	n     int
}

func (f *failEvery) now() bool {
	f.n++
	return f.n%f.k == 0
}

func TestSyscalls_interruptedAndPartial(t *testing.T) {
	saved := settledSys()
	defer func() { socket.Sys, selector.Sys.Wait = saved, selector.WaitForEvents }()
	run(t, func() {
		eintr, again := failEvery{3, unix.EINTR, 0}, failEvery{5, unix.EAGAIN, 0}
		socket.Sys.Read = func(fd int, p []byte) (int, unix.Errno) {
			if eintr.now() {
				return 0, eintr.errno
			}
			return socket.RawRead(fd, p[:1+(len(p)-1)/3])
		}
		socket.Sys.Write = func(fd int, p []byte) (int, unix.Errno) {
			if eintr.now() {
				return 0, eintr.errno
			}
			return socket.RawWrite(fd, p[:1+(len(p)-1)/3])
		}
		socket.Sys.Accept = func(fd int, sa *socket.Sockaddr) (int, unix.Errno) {
			switch {
			case eintr.now():
				return -1, unix.EINTR
			case again.now():
				return -1, unix.ECONNABORTED
			}
			return socket.RawAccept(fd, sa)
		}
		selector.Sys.Wait = func(p *selector.Backend, n int, timeout int64) (int, unix.Errno) {
			if again.now() {
				return 0, unix.EINTR
			}
			return selector.WaitForEvents(p, n, timeout)
		}
		l, err := Listen("unix", filepath.Join(t.TempDir(), "s")) // not TCP: there a short read means that there is no more
		if err != nil {
			t.Fatal(err)
		}
		Go(func() { serve(l, echo) })
		var clients []*Task
		for i := range 10 {
			clients = append(clients, Go(func() {
				c, err := Dial("unix", l.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				out := bytes.Repeat([]byte{byte(i)}, 3000)
				if n, err := c.Write(out); n != len(out) || err != nil {
					t.Error(n, err)
				}
				in := make([]byte, len(out))
				if _, err := io.ReadFull(c, in); err != nil || !bytes.Equal(in, out) {
					t.Error(err)
				}
			}))
		}
		JoinAll(clients...)
		l.Close()
	})
}

func TestSyscalls_errors(t *testing.T) {
	saved := settledSys()
	defer func() { socket.Sys = saved }()
	run(t, func() {
		c1, c2 := pair(t, "tcp")
		defer c1.Close()
		defer c2.Close()
		socket.Sys.Read = func(int, []byte) (int, unix.Errno) { return 0, unix.ECONNRESET }
		socket.Sys.Write = func(int, []byte) (int, unix.Errno) { return 0, unix.EPIPE }
		c2.(*Conn).d.Rd.Ready = true
		_, err := c2.Read(make([]byte, 1))
		var op *net.OpError
		if !errors.Is(err, unix.ECONNRESET) || !errors.As(err, &op) || op.Op != "read" {
			t.Errorf("read: %v", err)
		}
		if _, err := c1.Write(make([]byte, 1)); !errors.Is(err, unix.EPIPE) {
			t.Errorf("write: %v", err)
		}
		socket.Sys = saved
		socket.Sys.Connect = func(int, *socket.Sockaddr) unix.Errno { return unix.ENETUNREACH }
		if _, err := Dial("tcp", "127.0.0.1:1"); !errors.Is(err, unix.ENETUNREACH) {
			t.Errorf("dial: %v", err)
		}
		socket.Sys = saved
		l := listenTCP(t)
		socket.Sys.Accept = func(int, *socket.Sockaddr) (int, unix.Errno) { return -1, unix.EINVAL }
		l.(*Listener).d.Rd.Ready = true
		if _, err := l.Accept(); !errors.Is(err, unix.EINVAL) {
			t.Errorf("accept: %v", err)
		}
		l.Close()
	})
}

// Bytes that the kernel has taken are counted before the error is looked at.
func TestSyscalls_writeAdvancesFirst(t *testing.T) {
	saved := settledSys()
	defer func() { socket.Sys = saved }()
	run(t, func() {
		c1, c2 := pair(t, "tcp")
		defer c1.Close()
		defer c2.Close()
		calls := 0
		socket.Sys.Write = func(fd int, p []byte) (int, unix.Errno) {
			if calls++; calls == 3 {
				return 0, unix.EPIPE
			}
			return socket.RawWrite(fd, p[:10])
		}
		if n, err := c1.Write(make([]byte, 100)); n != 20 || !errors.Is(err, unix.EPIPE) {
			t.Errorf("%d, %v", n, err)
		}
	})
}
