// Package order has tests whose result depends on the order of tasks.
package order

import (
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
)

func TestPasses(t *testing.T) {
	if poller.Now().Year() > 2000 {
		return // in no simulation
	}
	begun := poller.Now()
	poller.Sleep(time.Hour)
	if d := poller.Now().Sub(begun); d < time.Hour {
		t.Fatal(d)
	}
}

// An update is lost if both read before one writes.
func TestLost(t *testing.T) {
	n := 0
	var tasks []*poller.Task
	for range 2 {
		tasks = append(tasks, poller.Go(func() {
			was := n
			poller.Yield()
			n = was + 1
		}))
	}
	for _, task := range tasks {
		task.Join()
	}
	t.Logf("the sum is %d", n)
	if n != 2 {
		t.Error("an update is lost")
	}
}

func TestProcess(t *testing.T) {
	for range 1 + os.Getpid()%7 {
		poller.Yield()
	}
	poller.Sleep(time.Duration(os.Getpid()) * time.Second)
}
