//go:build linux && !poller_std

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

// serve echoes every connection of l, a task for each, until l is closed.
func serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		Go(func() { echo(c) })
	}
}

// echo is the server's side of most tests: it reads to the end.
func echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

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
		Go(func() { serve(l) })
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
		Go(func() { serve(l) })
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
		saved := sys
		defer func() { sys = saved }()
		sys.accept = func(fd int, sa *rawSockaddr) (int, unix.Errno) {
			calls++
			if failing {
				return -1, unix.EMFILE
			}
			return rawAccept(fd, sa)
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

// The same with the real limit of the process.
func TestProbe_outOfDescriptorsForReal(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	run(t, func() {
		l := listenTCP(t)
		Go(func() { serve(l) })
		highest, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(highest)
		limit := old
		limit.Cur = uint64(highest) + 40
		if err := syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Cur, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: old.Cur, Max: old.Max})
		answered := 0
		var clients []*Task
		for range 80 {
			clients = append(clients, Go(func() {
				for {
					c, err := Dial("tcp", l.Addr().String())
					if errors.Is(err, unix.EMFILE) {
						Sleep(time.Millisecond)
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					c.SetDeadline(time.Now().Add(50 * time.Millisecond))
					c.Write([]byte("x"))
					n, _ := c.Read(make([]byte, 1))
					c.Close()
					if n == 1 {
						answered++
						return
					}
					Sleep(time.Millisecond) // not accepted in time: give way to others
				}
			}))
		}
		if err := JoinAll(clients...); err != nil {
			t.Error(err)
		}
		if answered != 80 {
			t.Errorf("%d of 80 were answered", answered)
		}
	})
}
