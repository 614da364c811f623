//go:build linux && !poller_std

package poller

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWaitRead(t *testing.T) {
	body := func() {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(p[0])
		defer unix.Close(p[1])
		for range 3 { // registered anew each time
			if err := WaitRead(p[0], time.Now().Add(time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("empty: %v", err)
			}
			if err := WaitWrite(p[1], time.Time{}); err != nil {
				t.Error(err)
			}
			unix.Write(p[1], []byte("x"))
			if err := WaitRead(p[0], time.Time{}); err != nil {
				t.Error(err)
			}
			unix.Read(p[0], make([]byte, 1))
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
		a, b := socketPair(t)
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
		if n := len(currentHub().borrowed); n != 0 {
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

func TestWaitRead_timerfd(t *testing.T) {
	run(t, func() {
		fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		start := time.Now()
		unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(5e6)}, nil)
		if err := WaitRead(fd, time.Time{}); err != nil || time.Since(start) < 5*time.Millisecond {
			t.Error(err, time.Since(start))
		}
	})
}
