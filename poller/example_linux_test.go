//go:build !poller_std

package poller_test

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller"
)

// A descriptor of the system that tells when it is ready: reading it parks the task.
func ExampleNewFile() {
	poller.Run(func() {
		fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
		if err != nil {
			fmt.Println(err)
			return
		}
		unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(1e6)}, nil)
		timer := os.NewFile(uintptr(fd), "timerfd")
		f, err := poller.NewFile(timer)
		timer.Close() // f is a copy
		if err != nil {
			fmt.Println(err)
			return
		}
		defer f.Close()
		var ticks [8]byte
		_, err = f.Read(ticks[:])
		fmt.Println(binary.NativeEndian.Uint64(ticks[:]), err)
	})
	// Output: 1 <nil>
}
