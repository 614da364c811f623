package poller

import (
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// standardError returns what is written to standard error while f runs, which may look at what has
// been so far.
func standardError(t *testing.T, f func(soFar func() string)) string {
	t.Helper()
	r, w, err := os.Pipe()
	needNil(t, err)
	var mu sync.Mutex
	var text []byte
	done := make(chan bool)
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, err := r.Read(buf)
			mu.Lock()
			text = append(text, buf[:n]...)
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	old := os.Stderr
	os.Stderr = w
	defer func() { os.Stderr = old }()
	f(func() string {
		mu.Lock()
		defer mu.Unlock()
		return string(text)
	})
	w.Close()
	<-done
	return string(text)
}

// What stalls a hub is said on standard error, with what to do about it, again while it lasts.
func TestStall_remedies(t *testing.T) {
	never, full := make(chan int), make(chan int)
	var mu sync.Mutex
	var rw sync.RWMutex
	var wg sync.WaitGroup
	var over atomic.Bool
	mu.Lock()
	rw.Lock()
	wg.Add(1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	needNil(t, err)
	defer l.Close()
	for remedy, call := range map[string]struct{ block, end func() }{
		"a sync.Mutex, which has no owner to be named: use poller.Mutex, whose holder Dump names, or build with `stackful build`; see docs/patch.md": {func() { mu.Lock() }, mu.Unlock},
		"a sync.RWMutex: use poller.RWMutex":             {func() { rw.RLock() }, rw.Unlock},
		"a sync.WaitGroup: use poller.WaitGroup":         {func() { wg.Wait() }, wg.Done},
		"a channel: use poller.Chan, or poller.RecvFrom": {func() { <-never }, func() { never <- 1 }},
		"a channel: use poller.Chan, or poller.SendTo":   {func() { full <- 1 }, func() { <-full }},
		"a select: use poller.Select": {func() {
			select {
			case <-never:
			case <-full:
			}
		}, func() { never <- 1 }},
		"time.Sleep: use poller.Sleep":                      {func() { time.Sleep(500 * time.Millisecond) }, func() {}},
		"a call of package net or os: use package poller's": {func() { l.Accept() }, func() { l.(*net.TCPListener).SetDeadline(time.Now()) }},
		"it computes: call poller.Checkpoint now and then":  {func() { compute(over.Load) }, func() { over.Store(true) }},
	} {
		if sched.RuntimePatched() && !strings.Contains(remedy, "computes") {
			continue // these calls park the task
		}
		const report = "poller: culprit, TestStall_remedies has not switched for "
		said := standardError(t, func(soFar func() string) {
			go func() {
				for start := time.Now(); strings.Count(soFar(), report) < 2 && time.Since(start) < 20*time.Second; {
					time.Sleep(time.Millisecond)
				}
				call.end()
			}()
			err := Options{MonitorAfter: 10 * time.Millisecond}.Run(func() {
				Go(call.block).SetName("culprit").Join()
			})
			needNil(t, err)
		})
		if n := strings.Count(said, report); n < 2 || !strings.Contains(said, "\n"+remedy) || !strings.Contains(said, "stall_test.go") && !strings.Contains(said, "preempt_test.go") {
			t.Errorf("%s: %d reports in\n%s", remedy, n, said)
		}
		for _, engine := range []string{"internal/sched", "stackful.runEntry", "created by"} {
			if strings.Contains(said, engine) {
				t.Errorf("%s: %q is in\n%s", remedy, engine, said)
			}
		}
	}
	if s := (Stall{Stack: []byte("goroutine 1 [coroutine]:\n")}).remedy(); s != "iter.Pull: use coro.Pull"+orPatched {
		t.Error(s)
	}
}

// A default Run has the monitor.
func TestStall_default(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a second")
	}
	said := standardError(t, func(func() string) {
		needNil(t, Run(func() {
			for start := time.Now(); time.Since(start) < 1500*time.Millisecond; {
			}
		}))
	})
	if !strings.HasPrefix(said, "poller: main, TestStall_default has not switched for ") || !strings.Contains(said, "it computes") {
		t.Errorf("it says %q", said)
	}
	said = standardError(t, func(func() string) {
		err := Options{MonitorAfter: -1}.Run(func() {
			for start := time.Now(); time.Since(start) < 1500*time.Millisecond; {
			}
		})
		needNil(t, err)
	})
	if said != "" {
		t.Errorf("without it, it says %q", said)
	}
}
