package debug_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/debug"
)

// The handler is served by goroutines, beside the hubs.
func ExampleHandler() {
	server := httptest.NewServer(debug.Handler()) // http.ListenAndServe("localhost:6060", debug.Handler())
	defer server.Close()
	poller.Run(func() {
		poller.Go(func() { poller.Sleep(time.Hour) }).SetName("sleeper")
		poller.Yield()
		text, err := poller.Await(func() (string, error) {
			r, err := http.Get(server.URL + "?format=text")
			if err != nil {
				return "", err
			}
			defer r.Body.Close()
			b, err := io.ReadAll(r.Body)
			return string(b), err
		})
		fmt.Println(err, strings.Contains(text, "ExampleHandler: waiting for sleep, for "))
	})
	// Output: <nil> true
}

func ExampleTake() {
	poller.Run(func() {
		poller.Go(func() { new(poller.Event).Wait() }).SetName("waiter")
		poller.Yield()
		for _, t := range debug.Take(debug.Options{}).Hubs[0].Tasks {
			fmt.Println(t.Name, strings.Fields(t.State+" "+t.Wait))
			for _, f := range t.Stack[:min(len(t.Stack), 1)] {
				fmt.Println("  in", f.Function)
			}
		}
	})
	// Output:
	// main [running]
	//   in github.com/stackful-go/stackful/poller/debug.Take
	// waiter [waiting event]
	//   in github.com/stackful-go/stackful/poller.(*Event).Wait
}

// The file that it writes is for ui.perfetto.dev.
func ExampleRecord() {
	file, err := os.CreateTemp("", "*.trace.json")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	poller.Run(func() {
		recording, err := debug.Record(file)
		if err != nil {
			log.Fatal(err)
		}
		poller.Go(func() { poller.Sleep(time.Millisecond) }).Join()
		fmt.Println(recording.Stop(), recording.Lost())
	})
	// Output: <nil> 0
}
