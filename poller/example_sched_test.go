package poller_test

import (
	"expvar"
	"fmt"
	"log"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// A task that computes lets the others run at its checkpoints.
func ExampleCheckpoint() {
	poller.Run(func() {
		answered := false
		poller.Go(func() {
			poller.Sleep(time.Millisecond)
			answered = true
		})
		rounds := 0
		for !answered {
			rounds++ // some work
			poller.Checkpoint()
		}
		fmt.Println("answered while computing:", rounds > 1000)
	})
	// Output: answered while computing: true
}

func ExampleTask_SetPriority() {
	poller.Run(func() {
		report := func(what string) func() { return func() { fmt.Println(what) } }
		poller.JoinAll(
			poller.Go(report("log")).SetPriority(poller.PriorityLow),
			poller.Go(report("request")),
			poller.Go(report("alarm")).SetPriority(poller.PriorityHigh),
		)
	})
	// Output:
	// alarm
	// request
	// log
}

//go:noinline
func compute(until *atomic.Bool) {
	for !until.Load() {
	}
}

// A server that knows nothing of tasks runs on one goroutine, with its handlers, in a program that
// `stackful build` has built.
func ExampleOptions_adoptGo() {
	err := poller.Options{AdoptGo: true}.Run(func() {
		http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "in a task:", poller.Current() != nil)
		})
		log.Println(http.ListenAndServe("127.0.0.1:8080", nil))
	})
	if err != nil {
		log.Println(err) // it says how to build the program
	}
}

// A task that computes for long, or blocks the goroutine, is found by the monitor.
func ExampleOptions_monitor() {
	var until atomic.Bool
	var first sync.Once // a stall is reported again while it lasts
	o := poller.Options{
		MonitorAfter: 10 * time.Millisecond,
		OnStall: func(s poller.Stall) {
			first.Do(func() {
				fmt.Println(s.Task.Name(), "is in compute:", strings.Contains(string(s.Stack), ".compute("))
			})
			until.Store(true)
		},
	}
	o.Run(func() {
		poller.Go(func() { compute(&until) }).SetName("culprit").Join()
	})
	// Output: culprit is in compute: true
}

func ExampleTask_Link() {
	poller.Run(func() {
		t := poller.Go(func() { poller.Sleep(time.Hour) })
		t.Link(func(t *poller.Task) { fmt.Println("ended:", t.Err()) })
		t.Kill()
	})
	// Output: ended: poller: task killed
}

func ExampleJoinAny() {
	poller.Run(func() {
		var racers []*poller.Task
		for i := range 3 {
			racers = append(racers, poller.Go(func() {
				if i != 2 {
					poller.Sleep(time.Hour)
				}
			}).SetName(fmt.Sprint("racer ", i)))
		}
		fmt.Println(poller.JoinAny(racers...).Name())
		for _, racer := range racers {
			racer.Kill()
		}
	})
	// Output: racer 2
}

func ExampleHub_Stats() {
	poller.Run(func() {
		hub := poller.Here()
		v := expvar.Func(func() any { s, _ := hub.Stats(); return s })
		// expvar.Publish("hub", v) makes it part of /debug/vars.
		fmt.Println(strings.HasPrefix(v.String(), `{"Tasks":1,`))
	})
	// Output: true
}
