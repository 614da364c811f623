package systems

import (
	"fmt"
	"io"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// EatPlayTask runs three tasks that sleep for 3, 4 and 1 seconds, by the clock of
// somebody whose seconds last as long as the argument, and writes what they do to
// w. Together they take 4 seconds, not 8, and one goroutine.
func EatPlayTask(w io.Writer, second time.Duration) error {
	eat := func(name string) {
		fmt.Fprintf(w, "%s is eat1\n", name)
		poller.Sleep(3 * second) // the others run meanwhile
		fmt.Fprintf(w, "%s is eat2\n", name)
	}
	play := func(name string) {
		fmt.Fprintf(w, "%s is play1\n", name)
		poller.Sleep(4 * second)
		fmt.Fprintf(w, "%s is play2\n", name)
	}
	task := func(name string) {
		fmt.Fprintf(w, "%s is task1\n", name)
		poller.Sleep(1 * second)
		fmt.Fprintf(w, "%s is task2\n", name)
	}
	return poller.Run(func() {
		poller.JoinAll(
			poller.Go(func() { eat("alex") }),
			poller.Go(func() { play("alex") }),
			poller.Go(func() { task("alex") }),
		)
	})
}
