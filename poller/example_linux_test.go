//go:build !poller_std

package poller_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"time"

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

// A server that a bad peer cannot hold up: so many connections, so long for the first
// request, so long without a byte.
func ExampleListenConfig() {
	poller.Run(func() {
		lc := poller.ListenConfig{
			MaxConns:      1000,
			HeaderTimeout: 10 * time.Second,
			IdleTimeout:   2 * time.Minute,
		}
		l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		poller.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				poller.Go(func() {
					defer c.Close()
					r := bufio.NewReader(c)
					for {
						line, err := r.ReadString('\n') // the first one in 10 s, with all its bytes
						if err != nil {
							return
						}
						c.SetReadDeadline(time.Time{}) // no request after it has such a limit
						fmt.Fprintf(c, "got %s", line)
					}
				})
			}
		})
		c, err := poller.Dial("tcp", l.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		defer c.Close()
		fmt.Fprintln(c, "hello")
		answer, err := bufio.NewReader(c).ReadString('\n')
		fmt.Printf("%q %v\n", answer, err)
	})
	// Output: "got hello\n" <nil>
}

// Any descriptor can be waited for.
func ExampleWaitRead() {
	poller.Run(func() {
		r, w, err := os.Pipe()
		if err != nil {
			fmt.Println(err)
			return
		}
		defer r.Close()
		defer w.Close()
		fd := int(r.Fd())
		fmt.Println(poller.WaitRead(fd, time.Now().Add(time.Millisecond)))
		poller.GoAfter(time.Millisecond, func() { w.Write([]byte("x")) })
		fmt.Println(poller.WaitRead(fd, time.Time{}))
	})
	// Output:
	// i/o timeout
	// <nil>
}
