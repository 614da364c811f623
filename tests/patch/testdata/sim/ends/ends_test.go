// Package ends has a test for each way in which a test ends.
package ends

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
)

func TestMain(m *testing.M) { os.Exit(m.Run()) }

func TestFailNow(t *testing.T) {
	t.Cleanup(func() { t.Log("cleanup, in a simulation:", simulated()) })
	defer t.Log("deferred")
	t.Fatal("as it should")
}

func simulated() bool { return poller.Now().Year() == 2000 }

func TestSkip(t *testing.T) {
	t.Skip("not today")
}

func TestGoexit(t *testing.T) {
	runtime.Goexit()
}

func TestPanic(t *testing.T) {
	t.Log("before")
	panic("as it should")
}

func TestDeadlock(t *testing.T) {
	t.Log("logged before")
	var c poller.Chan[int]
	c.Recv()
}

func TestEndless(t *testing.T) {
	poller.CurrentSim().SetMaxSwitches(500_000)
	for {
		poller.Yield()
	}
}

func TestBusy(t *testing.T) {
	for i := 0; ; i++ {
		if i == 1000 {
			t.Log("busy")
		}
	}
}

func TestExit(t *testing.T) {
	os.Exit(0)
}

func TestSub(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(func() { t.Log(name, "is cleaned up") })
			if name == "b" {
				t.Fatal("as it should")
			}
		})
	}
	t.Log("the last line")
}

func TestParallel(t *testing.T) {
	t.Parallel()
	n := 0
	for range 3 {
		t.Run("sub", func(t *testing.T) {
			t.Parallel()
			time.Sleep(time.Millisecond)
			n++
		})
	}
	if n != 0 {
		t.Error("subtests in parallel do not wait for the end of the function")
	}
	t.Cleanup(func() {
		if n != 3 {
			t.Error(n, "subtests have run before the cleanup")
		}
	})
}

func TestLeft(t *testing.T) {
	poller.Go(func() {
		defer t.Log("this would be a panic")
		poller.Sleep(time.Hour)
	})
	poller.Yield()
}

func TestTaskPanics(t *testing.T) {
	poller.Go(func() {
		poller.Sleep(time.Second)
		go func() { panic("in a task") }() // of package poller's tasks, a panic is told of
		time.Sleep(time.Hour)
	})
	poller.Sleep(time.Minute)
}

func TestLog(t *testing.T) {
	if t.Context().Err() != nil {
		t.Error("the context has ended")
	}
	t.Cleanup(func() {
		if t.Context().Err() == nil {
			t.Error("the context has not ended")
		}
	})
	t.Setenv("X", t.TempDir())
	t.Log("is not shown, as the test passes")
}
