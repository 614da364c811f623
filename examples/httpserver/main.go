// Httpserver is an HTTP server whose handlers run in tasks on one goroutine: they share data
// without locks, and poller.Sleep in one of them lets the others run. net/http's own server would
// start a goroutine for each connection; its parser, requests and handlers are used here.
//
//	curl http://127.0.0.1:8082/
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8082", "`address` to listen on")
	flag.Parse()
	err := poller.RunErr(func() error {
		// Slow clients are cut off, and no more are served than there are descriptors for.
		lc := poller.ListenConfig{HeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
		l, err := lc.Listen(poller.Current().Context(), "tcp", *addr)
		if errors.Is(err, errors.ErrUnsupported) { // where the system has no readiness backend, such as Windows
			l, err = poller.Listen("tcp", *addr)
		}
		if err != nil {
			return err
		}
		fmt.Println("serving on", l.Addr())
		return serve(l, handler())
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "httpserver:", err)
		os.Exit(1)
	}
}

// handler counts its requests: without a lock, since all run on one goroutine.
func handler() http.Handler {
	count := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		count++
		fmt.Fprintf(w, "request %d\n", count)
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		poller.Sleep(100 * time.Millisecond) // the others are served
		fmt.Fprintln(w, "slow")
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	return mux
}

// serve serves the listener's connections, a task each, until it is closed.
func serve(l net.Listener, h http.Handler) error {
	var tasks poller.Group
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return tasks.Join()
		}
		if err != nil {
			return err
		}
		tasks.GoFunc(func() { answer(c, h) })
	}
}

// answer answers the requests of a connection.
func answer(c net.Conn, h http.Handler) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return // mostly the end of the connection
		}
		c.SetReadDeadline(time.Time{}) // that of the header
		w := &response{header: make(http.Header), status: http.StatusOK}
		h.ServeHTTP(w, r)
		io.Copy(io.Discard, r.Body) // what the handler has left is in the way of the next request
		if err := w.send(c, r); err != nil || r.Close {
			return
		}
	}
}

// A response is an http.ResponseWriter that keeps the body until the handler returns.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *response) Header() http.Header         { return w.header }
func (w *response) WriteHeader(status int)      { w.status = status }
func (w *response) Write(p []byte) (int, error) { return w.body.Write(p) }

func (w *response) send(c net.Conn, r *http.Request) error {
	answer := http.Response{
		StatusCode: w.status, Proto: r.Proto, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Close: r.Close,
	}
	return answer.Write(c)
}
