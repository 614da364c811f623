package poller

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackful-go/stackful"
)

// A hub in a bubble would wait for ever: Run and RunAll refuse at once. So does each call that
// needs the hub in the background: TestBubble_connections.
func TestBubble(t *testing.T) {
	mustEnd(t)
	synctest.Test(t, func(t *testing.T) {
		sleep := func() { Sleep(50 * time.Millisecond) }
		for name, err := range map[string]error{
			"Run":    Run(sleep),
			"RunAll": RunAll(2, func(int) { sleep() }),
		} {
			needBubbleError(t, name, err)
		}
		// A simulation has a clock of its own.
		needNil(t, Simulate(1, func(*Sim) { Sleep(time.Hour) }))
	})
	run(t, func() { Sleep(time.Millisecond) })
}

func needBubbleError(t *testing.T, name string, err error) {
	t.Helper()
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "synctest bubble") {
		t.Errorf("%s: %v", name, err)
	}
}

// Objects of no hub work in bubbles, by their clock.
func TestBubble_goroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := NewChan[int](0)
		go func() { Sleep(time.Hour); c.Send(7) }()
		if v, ok := c.Recv(); v != 7 || !ok {
			t.Error(v, ok)
		}
		if _, _, err := c.RecvTimeout(time.Hour); err == nil {
			t.Error("nothing was sent")
		}
		if got := time.Since(start); got != 2*time.Hour {
			t.Errorf("%v have passed", got)
		}
		go func() { Sleep(time.Hour); c.Send(8) }()
		if v, _, err := c.RecvTimeout(1<<63 - 1); v != 8 || err != nil {
			t.Error(v, err)
		}
	})
}

// In the portable backend tasks would run on other threads.
func TestRun_threadLocked(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	called := false
	err := Run(func() { called = true })
	if native := stackful.Backend().Native; native && err != nil || !native && !errors.Is(err, stackful.ErrThreadLocked) || called != native {
		t.Errorf("Run: %v, main was called: %v", err, called)
	}
}
