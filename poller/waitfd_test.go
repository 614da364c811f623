//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/testfd"
)

func TestWaitRead(t *testing.T) {
	body := func() {
		r, w := testfd.Pipe(t)
		for range 3 { // registered anew each time
			if err := WaitRead(r, time.Now().Add(time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("empty: %v", err)
			}
			if err := WaitWrite(w, time.Time{}); err != nil {
				t.Error(err)
			}
			unix.Write(w, []byte("x"))
			if err := WaitRead(r, time.Time{}); err != nil {
				t.Error(err)
			}
			unix.Read(r, make([]byte, 1))
		}
		f, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := WaitRead(int(f.Fd()), time.Time{}); err != nil {
			t.Errorf("a file: %v", err)
		}
		if err := WaitRead(1<<20, time.Time{}); !errors.Is(err, unix.EBADF) {
			t.Errorf("nothing: %v", err)
		}
	}
	t.Run("task", func(t *testing.T) { run(t, body) })
	t.Run("goroutine", func(t *testing.T) { body() })
}

func TestWaitRead_several(t *testing.T) {
	run(t, func() {
		a, b := testfd.Pair(t)
		var tasks []*Task
		for range 3 {
			tasks = append(tasks, Go(func() {
				if err := WaitRead(a, time.Time{}); err != nil {
					t.Error(err)
				}
			}))
		}
		killed := Go(func() { WaitRead(a, time.Time{}); t.Error("woken") })
		Yield()
		killed.Kill()
		if err := WaitWrite(a, time.Time{}); err != nil { // joins the others' registration
			t.Error(err)
		}
		unix.Write(b, []byte("x"))
		JoinAll(tasks...)
		if n := len(*fd.Borrowed.Of(sched.Here())); n != 0 {
			t.Errorf("%d descriptors are still watched", n)
		}
	})
}

// One may wait for the descriptor of a connection of ours.
func TestWaitRead_ofConn(t *testing.T) {
	run(t, func() {
		c1, c2 := pair(t, "tcp")
		defer c1.Close()
		defer c2.Close()
		raw, err := c1.(*Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		Go(func() { c2.Write([]byte("x")) })
		raw.Control(func(fd uintptr) {
			if err := WaitRead(int(fd), time.Time{}); err != nil {
				t.Error(err)
			}
		})
		n := 0
		if err := raw.Read(func(fd uintptr) bool {
			n, err = unix.Read(int(fd), make([]byte, 10))
			return err != unix.EAGAIN
		}); err != nil || n != 1 {
			t.Error(n, err)
		}
	})
}
