//go:build !poller_std

package poller

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

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

func TestUnixListener_abstract(t *testing.T) {
	run(t, func() {
		l, err := Listen("unix", "@stackful-test")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := Dial("unix", "@stackful-test")
		if err != nil || c.RemoteAddr().String() != "@stackful-test" {
			t.Error(err)
		}
		c.Close()
	})
}
