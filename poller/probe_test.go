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

	"github.com/stackful-go/stackful/poller/internal/socket"
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
func TestProbe_halfClose(t *testing.T) {
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
func TestProbe_slowReader(t *testing.T) {
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

// With no descriptors left, Accept waits without spinning, and goes on when there
// are some.
func TestProbe_outOfDescriptors(t *testing.T) {
	run(t, func() {
		l := listenTCP(t)
		calls := 0
		failing := true
		saved := settledSys()
		defer func() { socket.Sys = saved }()
		socket.Sys.Accept = func(fd int, sa *socket.Sockaddr) (int, unix.Errno) {
			calls++
			if failing {
				return -1, unix.EMFILE
			}
			return socket.RawAccept(fd, sa)
		}
		accepted := Go(func() {
			c, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
		c, err := Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		Sleep(50 * time.Millisecond)
		if calls < 2 || calls > 6 { // after 0, 5, 15, 35 ms
			t.Errorf("accept was tried %d times in 50 ms", calls)
		}
		failing = false
		other := listenTCP(t)
		before := calls
		other.Close() // frees a descriptor: no need to wait for the timer
		YieldIO()
		if calls == before {
			t.Error("not tried when a descriptor was freed")
		}
		accepted.Join()
		c.Close()

		failing = true
		c, err = Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		closed := Go(func() {
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Accept while out of descriptors, then closed: %v", err)
			}
		})
		YieldIO()
		YieldIO()
		l.Close()
		closed.Join()
		c.Close()
	})
}

// The same with the real limit of the process: room for 10 connections, and 80
// clients that have connected already.
func TestProbe_outOfDescriptorsForReal(t *testing.T) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	run(t, func() {
		l := listenTCP(t)
		var clients []net.Conn
		for range 80 {
			c, err := Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			clients = append(clients, c)
		}
		next, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(next)
		limit := old
		setLimit(&limit.Cur, next+10)
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old)
		refused := 0
		saved := settledSys()
		defer func() { socket.Sys = saved }()
		socket.Sys.Accept = func(fd int, sa *socket.Sockaddr) (int, unix.Errno) {
			n, errno := socket.RawAccept(fd, sa)
			if errno == unix.EMFILE {
				refused++
			}
			return n, errno
		}
		Go(func() { serve(l, echo) })
		for range 10 {
			YieldIO()
		}
		answered := 0
		var tasks []*Task
		for _, c := range clients {
			tasks = append(tasks, Go(func() {
				defer c.Close()
				c.Write([]byte("x"))
				if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
					t.Error(n, err)
				}
				answered++
			}))
		}
		if err := JoinAll(tasks...); err != nil || answered != 80 {
			t.Errorf("%d of 80 were answered: %v", answered, err)
		}
		if refused == 0 || refused > 200 {
			t.Errorf("accept was refused %d times", refused)
		}
		l.Close()
	})
}

// A peer that resets the connection ends what is parked on it, in both directions,
// with the error; and the next call fails too.
func TestProbe_reset(t *testing.T) {
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

// setLimit: the fields of Rlimit have one of two types.
func setLimit[T int64 | uint64](p *T, v int) { *p = T(v) }
