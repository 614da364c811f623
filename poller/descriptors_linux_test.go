//go:build !poller_std

package poller

import (
	"fmt"
	"os"
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
	name := fmt.Sprintf("@stackful-test-%d", os.Getpid()) // one for all processes of the machine
	run(t, func() {
		l, err := Listen("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := Dial("unix", name)
		if err != nil || c.RemoteAddr().String() != name {
			t.Error(err)
		}
		c.Close()
	})
}
