// Nethttp is an ordinary program of net/http and time whose requests are made by tasks. Nothing in
// it is written for package poller but main: with a patched standard library the calls that wait
// park their task. Build it by
//
//	go run ./cmd/stackful run ./examples/nethttp
//
// Built by go itself the requests would be made one after the other, so it refuses to run.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

const (
	requests = 20
	latency  = 100 * time.Millisecond
)

func main() {
	if err := patch.Require(); err != nil {
		fmt.Fprintln(os.Stderr, "nethttp:", err)
		os.Exit(1)
	}
	// The server is net/http's, on goroutines as ever.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		fmt.Fprint(w, "hello")
	}))
	defer server.Close()
	start := time.Now()
	err := poller.RunErr(func() error {
		var all poller.Group
		for range requests {
			all.Go(func() error { return get(server.URL) })
		}
		return all.Join()
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "nethttp:", err)
		os.Exit(1)
	}
	fmt.Printf("%d requests of %v each on one goroutine, at once: %v\n", requests, latency, time.Since(start) < requests*latency/2)
}

// get knows nothing of tasks.
func get(url string) error {
	r, err := http.Get(url)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	time.Sleep(10 * time.Millisecond)
	body, err := io.ReadAll(r.Body)
	if err == nil && string(body) != "hello" {
		err = fmt.Errorf("%s says %q", url, body)
	}
	return err
}
