//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// With no descriptors left, Accept waits without spinning, and goes on when there
// are some.
func TestListener_outOfDescriptors(t *testing.T) {
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
func TestListener_outOfDescriptorsForReal(t *testing.T) {
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

// setLimit: the fields of Rlimit have one of two types.
func setLimit[T int64 | uint64](p *T, v int) { *p = T(v) }

// Several hubs accept from one listener: every connection comes out once, and each
// belongs to the hub that has it.
func TestListener_acceptFromTwoHubs(t *testing.T) {
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
func TestListener_resetInQueue(t *testing.T) {
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
