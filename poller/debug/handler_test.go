package debug_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/debug"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Both are functions of their own, to be found in stacks.
func serve(q *poller.Queue[int]) { q.Get() }
func babble() {
	for {
		poller.Yield()
	}
}

// hub runs f as the main task of a hub on a goroutine of its own, and waits until it calls ready. The
// hub ends with the test.
func hub(t *testing.T, o poller.Options, f func(ready func())) {
	t.Helper()
	started, stop, done := make(chan bool), make(chan bool), make(chan error)
	go func() {
		done <- o.Run(func() {
			f(sync.OnceFunc(func() { close(started) }))
			poller.RecvFrom(stop)
		})
	}()
	<-started
	t.Cleanup(func() {
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// servers makes a hub with tasks to be seen.
func servers(t *testing.T) {
	t.Helper()
	hub(t, poller.Options{}, func(ready func()) {
		poller.Go(func() { serve(poller.NewQueue[int](0)) }).SetName("<server>")
		poller.Go(babble).SetName("babbler").SetPriority(poller.PriorityLow)
		poller.GoAfter(time.Hour, func() {}).SetName("later")
		poller.Sleep(time.Millisecond)
		ready()
	})
}

// get asks h.
func get(t *testing.T, h http.Handler, query string) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/debug/tasks"+query, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	return w.Body.String()
}

// getReport asks h for JSON, with no other fields than Report has.
func getReport(t *testing.T, h http.Handler, query string) (r debug.Report) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(get(t, h, query)))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

// taskOf returns the task with that name.
func taskOf(t *testing.T, r debug.Report, name string) debug.Task {
	t.Helper()
	for _, h := range r.Hubs {
		for _, task := range h.Tasks {
			if task.Name == name {
				return task
			}
		}
	}
	t.Fatalf("no task %s in %v", name, r)
	return debug.Task{}
}

func TestHandler_json(t *testing.T) {
	h := debug.Handler()
	if r := getReport(t, h, "?format=json"); len(r.Hubs) != 0 {
		t.Errorf("%v", r)
	}
	servers(t)
	r := getReport(t, h, "?format=json")
	if len(r.Hubs) != 1 || !r.Hubs[0].Answered || r.Hubs[0].TaskCount != 4 || len(r.Hubs[0].Groups) != 4 || !r.HasStacks || r.Hubs[0].Age <= 0 {
		t.Errorf("%v", r)
	}
	server := taskOf(t, r, "<server>")
	if server.State != "waiting" || server.Wait != "receive" || server.For <= 0 || !strings.HasPrefix(server.Start, "handler_test.go:") ||
		!strings.HasSuffix(server.Start, " servers") || !strings.HasSuffix(server.File, "/handler_test.go") || server.Line == 0 {
		t.Errorf("%+v", server)
	}
	var names []string
	for _, f := range server.Stack {
		names = append(names, f.Function[strings.LastIndex(f.Function, "/")+1:])
	}
	if want := []string{"poller.(*Queue[...]).Get", "debug_test.serve", "debug_test.servers.func1.1"}; !slices.Equal(names, want) {
		t.Errorf("stack %q, want %q", names, want)
	}
	if b := taskOf(t, r, "babbler"); b.State != "ready" || b.Priority != -1 || !strings.HasSuffix(b.Start, " babble") {
		t.Errorf("%+v", b)
	}
	if l := taskOf(t, r, "later"); l.State != "delayed" || l.Wait != "" || l.Stack != nil {
		t.Errorf("%+v", l)
	}
	first := r.Hubs[0]
	time.Sleep(20 * time.Millisecond)
	second := getReport(t, h, "?format=json").Hubs[0]
	if second.SwitchesPerSecond <= 0 || second.ParksPerSecond <= 0 || second.Stats.Switches <= first.Stats.Switches {
		t.Errorf("%+v after %+v", second, first)
	}
}

func TestHandler_query(t *testing.T) {
	servers(t)
	h := debug.Handler()
	if r := getReport(t, h, "?format=json&tasks=2&stacks=0"); len(r.Hubs[0].Tasks) != 2 || r.Hubs[0].TaskCount != 4 || r.HasStacks || r.Hubs[0].Tasks[0].Stack != nil {
		t.Errorf("%v", r)
	}
	if r := getReport(t, h, "?format=json&tasks=0"); len(r.Hubs[0].Tasks) != 4 {
		t.Errorf("%v", r)
	}
	if r := getReport(t, h, "?format=json&hub=1000000"); len(r.Hubs) != 0 {
		t.Errorf("%v", r)
	}
	for query, want := range map[string][]string{
		"":          {"&lt;server&gt;", "servers", `class="waiting">waiting · receive`, "babbler", "priority -1", "debug_test.serve", "4</b> tasks"},
		"?tasks=2":  {"and 2 more"},
		"?stacks=0": {"stacks were left out"},
		"?format=text": {"<server>, handler_test.go:", " servers: waiting for receive, for ", "\n    github.com/stackful-go/stackful/poller/debug_test.serve (",
			"babbler, handler_test.go:", " babble: ready, after waiting for its turn, for ", ", priority -1\n", "4 tasks"},
		"?format=text&tasks=1": {"and 3 more tasks"},
	} {
		text := get(t, h, query)
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%s: no %q in\n%s", query, s, text)
			}
		}
		if strings.Contains(text, "internal/sched") {
			t.Errorf("%s shows the engine:\n%s", query, text)
		}
	}
	for _, query := range []string{"?format=xml", "?tasks=-1", "?tasks=many", "?hub=0", "?hub=x"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/"+query, nil))
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Error(w.Code)
	}
}

// A hub that does not answer is listed with the task that stops it; others answer meanwhile.
func TestHandler_stalled(t *testing.T) {
	servers(t)
	var stop atomic.Bool
	reported := make(chan bool)
	o := poller.Options{MonitorAfter: 10 * time.Millisecond, OnStall: func(poller.Stall) {
		select {
		case reported <- true:
		default:
		}
	}}
	hub(t, o, func(ready func()) {
		poller.Current().SetName("culprit")
		ready()
		compute(&stop)
	})
	<-reported
	r := getReport(t, debug.Handler(), "?format=json")
	stop.Store(true)
	if len(r.Hubs) != 2 || !r.Hubs[0].Answered || r.Hubs[1].Answered {
		t.Fatalf("%v", r)
	}
	h := r.Hubs[1]
	if h.Stalled == nil || h.Stalled.Task != "culprit" || h.Stalled.For < time.Second || !strings.Contains(h.Stalled.Text, "debug_test.compute") {
		t.Errorf("%+v", h.Stalled)
	}
	if h.Stalls != 1 || h.LastStall == nil || h.LastStall.At == nil || h.LastStall.Task != "culprit" {
		t.Errorf("%d stalls, %+v", h.Stalls, h.LastStall)
	}
	if text := r.String(); !strings.Contains(text, "it does not answer") || !strings.Contains(text, "culprit, ") {
		t.Error(text)
	}
}

// compute runs until stop is true.
func compute(stop *atomic.Bool) {
	for !stop.Load() {
	}
}

// In a task the handler parks that task: two hubs that ask each other answer.
func TestHandler_inTasks(t *testing.T) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			err := poller.Run(func() {
				h := debug.Handler()
				var g poller.WaitGroup
				for range 20 {
					g.Go(func() {
						if text := get(t, h, "?format=text"); !strings.Contains(text, "TestHandler_inTasks") {
							t.Error(text)
						}
					})
				}
				g.Wait()
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Requests while hubs begin and end.
func TestHammerHandler(t *testing.T) {
	h := debug.Handler()
	var wg sync.WaitGroup
	stop := time.Now().Add(200 * time.Millisecond)
	for range 2 {
		wg.Go(func() {
			for time.Now().Before(stop) {
				poller.Run(func() {
					for range 10 {
						poller.Go(func() { poller.Sleep(time.Millisecond) })
					}
					poller.Sleep(time.Millisecond)
				})
			}
		})
		wg.Go(func() {
			for time.Now().Before(stop) {
				get(t, h, "?format=json")
				get(t, h, "")
			}
		})
	}
	wg.Wait()
	if hubs := sched.LiveHubs(); len(hubs) != 0 {
		t.Errorf("%d hubs are kept", len(hubs))
	}
}

func TestTake_simulation(t *testing.T) {
	err := poller.Simulate(1, func(*poller.Sim) {
		if r := debug.Take(debug.Options{}); len(r.Hubs) != 0 {
			t.Errorf("%v", r)
		}
	})
	if err != nil {
		t.Error(err)
	}
}
