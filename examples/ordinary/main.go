// Ordinary is a program that knows nothing of this module: a server of net/http, and clients. By go itself it
// runs on a few hundred goroutines, and as tasks on one:
//
//	go run ./examples/ordinary
//	go run ./cmd/stackful run -tasks ./examples/ordinary
package main

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"time"
)

func main() {
	var mu sync.Mutex // as tasks nobody ever waits for it
	goroutines := make(map[string]int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		goroutines[goroutine()]++
	}))
	defer server.Close()
	start := time.Now()
	var clients sync.WaitGroup
	for range 100 {
		clients.Go(func() {
			resp, err := http.Get(server.URL)
			if err != nil {
				log.Fatal(err)
			}
			resp.Body.Close()
		})
	}
	clients.Wait()
	fmt.Printf("100 requests of 50 ms each, at once: %v, on one goroutine: %v\n", time.Since(start) < 3*time.Second, len(goroutines) == 1)
}

// goroutine is the number of the calling one.
func goroutine() string {
	var b [64]byte
	return strings.Fields(string(b[:runtime.Stack(b[:], false)]))[1]
}
