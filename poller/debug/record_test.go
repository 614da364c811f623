package debug_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/debug"
)

func needNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestRecord(t *testing.T) {
	var out bytes.Buffer
	var r *debug.Recording
	needNil(t, poller.Run(func() {
		q := poller.NewQueue[int](0)
		old := poller.Go(func() { q.Get() }).SetName("old")
		poller.Yield()
		var err error
		r, err = debug.Record(&out)
		needNil(t, err)
		if _, err := debug.Record(&out); err != debug.ErrRecording {
			t.Error(err)
		}
		poller.Go(func() { poller.Yield(); poller.Sleep(time.Millisecond) }).SetName("sleeper")
		poller.Go(func() { q.Put(1); poller.Current().SetName("putter") })
		old.Join()
		poller.Sleep(3 * time.Millisecond)
		poller.Go(func() { poller.Sleep(time.Hour) }).SetName("left")
		poller.Yield()
		needNil(t, r.Stop())
		needNil(t, r.Stop())
		if h := poller.ReadStats(); h.Tasks != 2 {
			t.Error(h)
		}
	}))
	if r.Lost() != 0 {
		t.Errorf("%d lost", r.Lost())
	}
	threads := parse(t, out.Bytes())
	for name, want := range map[string][]string{
		"old":     {"waiting: receive", "ready", "running"},
		"sleeper": {"ready", "running", "ready", "running", "waiting: sleep by timer", "ready", "running"},
		"putter":  {"ready", "running"},
		"main":    {"running", "waiting: join", "ready", "running", "waiting: sleep by timer", "ready", "running", "ready", "running"},
		"left":    {"ready", "running", "waiting: sleep"},
	} {
		thread := threads[name]
		if thread == nil {
			t.Errorf("no %s in\n%s", name, out.Bytes())
			continue
		}
		if got := thread.names(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if !strings.HasPrefix(thread.name, name+", record_test.go:") || !strings.HasSuffix(thread.name, " TestRecord") {
			t.Errorf("%s is called %q", name, thread.name)
		}
		if name != "left" && name != "putter" && len(thread.spans) > 0 {
			for i := 1; i < len(thread.spans); i++ {
				if gap := thread.spans[i].Ts - thread.spans[i-1].end(); gap > 0.002 {
					t.Errorf("%s: %v us between %v and %v", name, gap, thread.spans[i-1], thread.spans[i])
				}
			}
		}
	}
	for _, want := range []string{`"ph":"s"`, `"ph":"f"`} {
		if n := strings.Count(out.String(), want); n < 4 {
			t.Errorf("%d times %s in\n%s", n, want, out.Bytes())
		}
	}
}

// All hubs are recorded, also those that begin later; or those that are named.
func TestRecord_hubs(t *testing.T) {
	var one poller.Hub
	hub(t, poller.Options{}, func(ready func()) { one = poller.Here(); poller.Current().SetName("one"); ready() })
	tickers(t)
	for _, only := range [][]poller.Hub{nil, {one}} {
		var out bytes.Buffer
		r, err := debug.Record(&out, only...)
		needNil(t, err)
		needNil(t, poller.Run(func() {
			poller.Current().SetName("two")
			poller.Go(func() { poller.Sleep(time.Millisecond) }).Join()
		}))
		time.Sleep(time.Millisecond)
		needNil(t, r.Stop())
		threads := parse(t, out.Bytes())
		if threads["one"] == nil || (threads["two"] == nil) != (only != nil) || (threads["babbler"] == nil) != (only != nil) {
			t.Errorf("%v: %v", only, threads)
		}
	}
	func() {
		defer func() {
			if v, ok := recover().(*poller.UsageError); !ok || !strings.Contains(v.Error(), "zero Hub") {
				t.Error(v)
			}
		}()
		debug.Record(nil, poller.Hub{})
	}()
}

// tickers makes a hub with tasks that now and then run.
func tickers(t *testing.T) {
	hub(t, poller.Options{}, func(ready func()) {
		q := poller.NewQueue[int](0)
		poller.Go(func() {
			for {
				serve(q)
			}
		}).SetName("<server>")
		poller.Go(func() {
			for {
				poller.Sleep(100 * time.Microsecond)
				q.Put(1)
			}
		}).SetName("babbler")
		ready()
	})
}

type slowWriter struct{ err error }

func (w slowWriter) Write(b []byte) (int, error) {
	time.Sleep(5 * time.Millisecond)
	if w.err != nil {
		return 0, w.err
	}
	return len(b), nil
}

// A writer that is slow, or fails, costs steps, and neither memory nor the tasks' time.
func TestRecord_slow(t *testing.T) {
	for _, w := range []slowWriter{{}, {errors.New("full")}} {
		r, err := debug.Record(w)
		needNil(t, err)
		needNil(t, poller.Run(func() {
			poller.Go(babble)
			for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
				poller.Yield()
			}
		}))
		if err := r.Stop(); err != w.err {
			t.Errorf("%v, want %v", err, w.err)
		}
		if w.err == nil && r.Lost() == 0 {
			t.Log("nothing was lost")
		}
	}
}

// A hub that is stopped does not hold up the end, and can be recorded again.
func TestRecord_stalled(t *testing.T) {
	stop := make(chan bool)
	over := sync.OnceFunc(func() { close(stop) })
	defer over()
	var out bytes.Buffer
	r, err := debug.Record(&out)
	needNil(t, err)
	hub(t, poller.Options{MonitorAfter: -1}, func(ready func()) {
		poller.Current().SetName("culprit")
		poller.Yield()
		ready()
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond): // blocks
			}
		}
	})
	time.Sleep(10 * time.Millisecond)
	needNil(t, r.Stop())
	parse(t, out.Bytes())
	over()
	time.Sleep(5 * time.Millisecond)
	out.Reset()
	r, err = debug.Record(&out)
	needNil(t, err)
	time.Sleep(5 * time.Millisecond)
	needNil(t, r.Stop())
	if parse(t, out.Bytes())["culprit"] == nil {
		t.Errorf("%s", out.Bytes())
	}
}

// Tasks run in the same order, and with the same priorities, before, while and after they are recorded.
func TestRecord_order(t *testing.T) {
	turn := func() string {
		var log strings.Builder
		var all []*poller.Task
		for i := range 4 {
			all = append(all, poller.Go(func() {
				for range 3 {
					fmt.Fprint(&log, i)
					poller.Yield()
				}
			}))
		}
		poller.JoinAll(all...)
		return log.String()
	}
	withPriority := func() string {
		var log strings.Builder
		low := poller.Go(func() { log.WriteString("low") }).SetPriority(poller.PriorityLow)
		normal := poller.Go(func() { log.WriteString("normal") })
		poller.JoinAll(low, normal)
		return log.String()
	}
	needNil(t, poller.Run(func() {
		want := turn()
		for range 3 {
			var out bytes.Buffer
			r, err := debug.Record(&out)
			needNil(t, err)
			if got := turn(); got != want {
				t.Errorf("recorded %s, want %s", got, want)
			}
			needNil(t, r.Stop())
			parse(t, out.Bytes())
			if got := turn(); got != want {
				t.Errorf("afterwards %s, want %s", got, want)
			}
		}
		var out bytes.Buffer
		low := poller.Go(func() { poller.Sleep(time.Millisecond) }).SetPriority(poller.PriorityLow)
		r, err := debug.Record(&out)
		needNil(t, err)
		if got := withPriority(); got != "normallow" {
			t.Errorf("recorded %s", got)
		}
		needNil(t, r.Stop())
		if got := withPriority(); got != "normallow" {
			t.Errorf("afterwards %s", got)
		}
		low.Join()
	}))
}

func TestHandler_trace(t *testing.T) {
	tickers(t)
	server := httptest.NewServer(debug.Handler())
	defer server.Close()
	response, err := http.Get(server.URL + "?format=trace&seconds=0.1")
	needNil(t, err)
	defer response.Body.Close()
	var body bytes.Buffer
	body.ReadFrom(response.Body)
	if threads := parse(t, body.Bytes()); threads["babbler"] == nil || threads["<server>"] == nil {
		t.Errorf("%v", threads)
	}
	r, err := debug.Record(new(bytes.Buffer))
	needNil(t, err)
	for query, want := range map[string]int{"seconds=0": 400, "seconds=x": 400, "seconds=1e9": 400, "seconds=1": 409} {
		w := httptest.NewRecorder()
		debug.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/?format=trace&"+query, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", query, w.Code, want)
		}
	}
	needNil(t, r.Stop())
}

// Recordings while hubs begin and end, and tasks wake each other across them.
func TestHammerRecord(t *testing.T) {
	var wg sync.WaitGroup
	stop := time.Now().Add(200 * time.Millisecond)
	c := poller.NewChan[int](1)
	for range 2 {
		wg.Go(func() {
			for time.Now().Before(stop) {
				poller.Run(func() {
					for i := range 10 {
						poller.Go(func() {
							for range 10 {
								c.SendTimeout(i, time.Millisecond)
								c.RecvTimeout(time.Millisecond)
								poller.Yield()
							}
						})
					}
					poller.Sleep(2 * time.Millisecond)
				})
			}
		})
	}
	for time.Now().Before(stop) {
		var out bytes.Buffer
		r, err := debug.Record(&out)
		needNil(t, err)
		time.Sleep(5 * time.Millisecond)
		needNil(t, r.Stop())
		parse(t, out.Bytes())
	}
	wg.Wait()
}
