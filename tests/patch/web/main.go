//go:build unix

// Command web is an ordinary program: a server of package net/http, a pool of workers and a ticker, and clients
// that fetch from it in loops. It prints on how many goroutines all that ran, and what a request took.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const clients = 100

// places is the goroutines on which something ran.
var places struct {
	sync.Mutex
	seen map[string]bool
	done atomic.Bool // no more is noted, as it takes a good part of the time that a request takes
}

// here notes the calling goroutine.
func here() {
	if places.done.Load() {
		return
	}
	var b [64]byte
	id := strings.Fields(string(b[:runtime.Stack(b[:], false)]))[1]
	places.Lock()
	defer places.Unlock()
	places.seen[id] = true
}

func main() {
	loops := 20
	if len(os.Args) > 1 {
		loops, _ = strconv.Atoi(os.Args[1])
	}
	places.seen = make(map[string]bool)
	work := make(chan chan string)
	for range 4 {
		go func() {
			for answer := range work {
				here()
				answer <- "done"
			}
		}()
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here()
		answer := make(chan string)
		work <- answer
		fmt.Fprintln(w, r.URL.Path, <-answer)
	}))
	ticks, stop := 0, make(chan bool)
	ticker := time.NewTicker(time.Millisecond)
	go func() {
		for {
			select {
			case <-ticker.C:
				here()
				ticks++
			case <-stop:
				return
			}
		}
	}()
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = clients
	fetch(server.URL, 5)
	places.done.Store(true)
	before := cpu()
	fetch(server.URL, loops)
	took := (cpu() - before) / time.Duration(clients*loops)
	stop <- true
	server.Close()
	fmt.Printf("%d requests, ticks %v, goroutines %d\n", clients*loops, ticks > 0, len(places.seen))
	fmt.Fprintf(os.Stderr, "%v of CPU a request\n", took)
}

// fetch has all clients fetch.
func fetch(url string, loops int) {
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			here()
			for range loops {
				path := fmt.Sprintf("/%d", i)
				resp, err := http.Get(url + path)
				if err != nil {
					log.Fatal(err)
				}
				text, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || string(text) != path+" done\n" {
					log.Fatalf("%v, got %q", err, text)
				}
			}
		})
	}
	all.Wait()
}

// cpu is the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
