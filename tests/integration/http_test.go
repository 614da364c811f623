package integration

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// handler is the site that these tests ask.
func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hash", func(w http.ResponseWriter, r *http.Request) {
		sum, err := digest(r.Body, -1)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, sum)
	})
	mux.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) { w.Write(randomBytes(9, 8<<20)) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		check(http.NewResponseController(w).EnableFullDuplex())
		for lines := bufio.NewScanner(r.Body); lines.Scan(); { // one answer for each line, before the next one comes
			fmt.Fprintln(w, strings.ToUpper(lines.Text()))
			w.(http.Flusher).Flush()
		}
	})
	return mux
}

// An httpSite is a server, and a client whose connections are ours.
type httpSite struct {
	server *http.Server
	client *http.Client
	url    string
	ended  chan error // Serve's result
}

// serveHTTP starts a server on l in the way that start has, by TLS if scheme says so.
func serveHTTP(l net.Listener, scheme string, h http.Handler, start func(f func())) *httpSite {
	serverTLS, clientTLS := tlsConfigs()
	s := &httpSite{
		server: &http.Server{Handler: h, TLSConfig: serverTLS.Clone(), ReadHeaderTimeout: time.Minute},
		client: &http.Client{Transport: &http.Transport{
			DialContext:         new(poller.Dialer).DialContext,
			TLSClientConfig:     clientTLS.Clone(),
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 50,
		}},
		url:   scheme + "://" + l.Addr().String(),
		ended: make(chan error, 1),
	}
	start(func() {
		if scheme == "https" {
			s.ended <- s.server.ServeTLS(l, "", "")
		} else {
			s.ended <- s.server.Serve(l)
		}
	})
	return s
}

// close shuts the server down, which lets requests end.
func (s *httpSite) close() error {
	s.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-s.ended; err != http.ErrServerClosed {
		return fmt.Errorf("Serve: %w", err)
	}
	return nil
}

// get returns the body of a reply that must be 200.
func (s *httpSite) post(path string, body io.Reader) (string, error) {
	r, err := s.client.Post(s.url+path, "application/octet-stream", body)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", r.Status, got)
	}
	return string(got), err
}

// forHTTP runs test, which is not in a task, over HTTP/1 and, by TLS, HTTP/2.
// The server accepts in a goroutine without a hub, or in a task: its goroutines
// then use connections that belong to the task's hub.
func forHTTP(t *testing.T, test func(t *testing.T, s *httpSite)) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme+"/goroutine", func(t *testing.T) {
			s := serveHTTP(must(poller.Listen("tcp", "127.0.0.1:0")), scheme, handler(), func(f func()) { go f() })
			test(t, s)
			check(s.close())
		})
		t.Run(scheme+"/task", func(t *testing.T) {
			run(t, func() {
				s := serveHTTP(must(poller.Listen("tcp", "127.0.0.1:0")), scheme, handler(), func(f func()) { poller.Go(f) })
				offTask(func() error { test(t, s); return s.close() })
			})
		})
	}
}

func TestHTTP_requests(t *testing.T) {
	forHTTP(t, func(t *testing.T, s *httpSite) {
		errs := make(chan error)
		const clients, requests = 20, 20
		for i := range clients {
			go func() {
				for j := range requests {
					body := randomBytes(byte(i*requests+j), 10*j*j*j) // up to 70 KB
					got, err := s.post("/hash", bytes.NewReader(body))
					if err == nil && got != digestOf(body) {
						err = fmt.Errorf("%q for %q", got, digestOf(body))
					}
					errs <- err
				}
			}()
		}
		for range clients * requests {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestHTTP_bigBodies(t *testing.T) {
	forHTTP(t, func(t *testing.T, s *httpSite) {
		up := randomBytes(4, 16<<20)
		if got, err := s.post("/hash", bytes.NewReader(up)); err != nil || got != digestOf(up) {
			t.Errorf("upload: %q, %v", got, err)
		}
		if got, err := s.post("/hash", struct{ io.Reader }{bytes.NewReader(up)}); err != nil || got != digestOf(up) {
			t.Errorf("upload in chunks: %q, %v", got, err)
		}
		if got, err := s.post("/big", nil); err != nil || digestOf([]byte(got)) != digestOf(randomBytes(9, 8<<20)) {
			t.Errorf("download: %d bytes, %v", len(got), err)
		}
	})
}

// A dialogue inside one request.
func TestHTTP_stream(t *testing.T) {
	forHTTP(t, func(t *testing.T, s *httpSite) {
		in, out := io.Pipe()
		go fmt.Fprintln(out, "first")
		r, err := s.client.Post(s.url+"/stream", "text/plain", in)
		if err != nil {
			t.Error(err)
			return
		}
		defer r.Body.Close()
		replies := bufio.NewReader(r.Body)
		for i := range 50 {
			if i > 0 {
				fmt.Fprintf(out, "line %d\n", i)
			}
			want := fmt.Sprintf("LINE %d\n", i)
			if i == 0 {
				want = "FIRST\n"
			}
			if got, err := replies.ReadString('\n'); got != want {
				t.Errorf("%q, %v; want %q", got, err, want)
				return
			}
		}
		out.Close()
		if rest, err := io.ReadAll(replies); len(rest) > 0 || err != nil {
			t.Errorf("at the end: %q, %v", rest, err)
		}
	})
}

// The server has a goroutine that reads while a handler runs: it sees that the
// client has gone. It is ended, for the next request, by a deadline in the past.
func TestHTTP_clientGoesAway(t *testing.T) {
	begun, gone := make(chan bool), make(chan error)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			return
		}
		begun <- true
		<-r.Context().Done()
		gone <- r.Context().Err()
	})
	run(t, func() {
		s := serveHTTP(must(poller.Listen("tcp", "127.0.0.1:0")), "http", h, func(f func()) { poller.Go(f) })
		offTask(func() error {
			for range 10 { // on one connection
				if _, err := s.post("/", nil); err != nil {
					return err
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			go func() { <-begun; cancel() }()
			r := must(http.NewRequestWithContext(ctx, "GET", s.url+"/wait", nil))
			if _, err := s.client.Do(r); !errors.Is(err, context.Canceled) {
				t.Errorf("the client: %v", err)
			}
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("the handler's context: %v", err)
			}
			return s.close()
		})
	})
}

// A client that is slow to say what it wants is hung up on.
func TestHTTP_headerTimeout(t *testing.T) {
	run(t, func() {
		l := must(poller.Listen("tcp", "127.0.0.1:0"))
		s := &http.Server{Handler: handler(), ReadHeaderTimeout: 5 * time.Millisecond}
		serving := poller.Go(func() { s.Serve(l) })
		c := must(poller.Dial("tcp", l.Addr().String()))
		defer c.Close()
		must(io.WriteString(c, "GET / HTTP/1.1\r\n"))
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("instead of the end: %v", err)
		}
		offTask(s.Close) // it waits for Serve, which needs the hub
		join(serving)
	})
}

// A hijacked connection is ours again, with all its methods.
func TestHTTP_hijack(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if _, ok := c.(*poller.Conn); !ok {
			t.Errorf("hijacked a %T", c)
		}
		defer c.Close()
		io.WriteString(buf, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		buf.Flush()
		io.Copy(c, buf)
	})
	run(t, func() {
		s := serveHTTP(must(poller.Listen("tcp", "127.0.0.1:0")), "http", h, func(f func()) { poller.Go(f) })
		c := must(poller.Dial("tcp", strings.TrimPrefix(s.url, "http://"))).(*poller.Conn)
		defer c.Close()
		must(io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"))
		in := bufio.NewReader(c)
		if r := must(http.ReadResponse(in, nil)); r.StatusCode != 101 {
			t.Fatal(r.Status)
		}
		want := randomBytes(5, 1<<20)
		write := poller.Go(func() {
			must(c.Write(want))
			check(c.CloseWrite())
		})
		if got := must(digest(in, -1)); got != digestOf(want) {
			t.Error("what came back is not what was sent")
		}
		join(write)
		offTask(s.close)
	})
}
