//go:build unix

package poller_test

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// A task reads a process's output line by line, while others run.
func ExampleCommand() {
	poller.Run(func() {
		c := poller.Command("sh", "-c", "echo one; echo two; exit 3")
		out, err := c.StdoutPipe()
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := c.Start(); err != nil {
			fmt.Println(err)
			return
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Println("line:", lines.Text())
		}
		fmt.Println(c.Wait())
	})
	// Output:
	// line: one
	// line: two
	// exit status 3
}

// A process that takes too long is killed.
func ExampleCmd_Run_timeout() {
	poller.Run(func() {
		err := poller.WithTimeout(10*time.Millisecond, poller.Command("sleep", "1000").Run)
		fmt.Println(err)
	})
	// Output: poller: not done within 10ms
}

func ExampleSignals() {
	poller.Run(func() {
		signals, stop := poller.Signals(syscall.SIGUSR1)
		defer stop()
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		fmt.Println(signals.Recv())
	})
	// Output: user defined signal 1 true
}
