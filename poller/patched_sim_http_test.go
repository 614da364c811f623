//go:build linux && !poller_std

package poller

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"strings"
	"testing"
	"time"
)

// What stands on package net, and starts goroutines, in a simulation.

func TestPatchedSim_httptest(t *testing.T) {
	var hash uint64
	for seed := range uint64(20) {
		hash = simulatePatched(t, seed, httpWorld(t, httptest.NewServer))
	}
	if again := simulatePatched(t, 19, httpWorld(t, httptest.NewServer)); again != hash {
		t.Errorf("%x, then %x", hash, again)
	}
}

func TestPatchedSim_tls(t *testing.T) {
	for seed := range uint64(3) {
		simulatePatched(t, seed, httpWorld(t, httptest.NewTLSServer))
	}
}

func httpWorld(t *testing.T, serve func(http.Handler) *httptest.Server) func(s *Sim) {
	return func(s *Sim) {
		body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
		srv := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/big":
				w.Write(body)
			case "/echo":
				io.Copy(w, r.Body)
			case "/slow":
				select {
				case <-r.Context().Done():
				case <-time.After(time.Hour):
					t.Error("the request was not cancelled")
				}
			}
		}))
		defer srv.Close()
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		if !strings.HasPrefix(srv.Listener.Addr().String(), "127.0.0.1:") {
			t.Error(srv.Listener.Addr())
		}
		client := srv.Client()
		reused := 0
		ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
			GotConn: func(i httptrace.GotConnInfo) {
				if i.Reused {
					reused++
				}
			},
		})
		for range 3 {
			req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/big", nil)
			needNil(t, err)
			res, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			got, err := io.ReadAll(res.Body)
			if !bytes.Equal(got, body) || err != nil {
				t.Error(len(got), err)
			}
			res.Body.Close()
		}
		if reused != 2 {
			t.Errorf("%d requests on a connection that was there", reused)
		}
		res, err := client.Post(srv.URL+"/echo", "text/plain", bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		got, err := io.ReadAll(res.Body)
		if !bytes.Equal(got, body) || err != nil {
			t.Error(len(got), err)
		}
		res.Body.Close()

		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		begun := time.Now()
		req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/slow", nil)
		needNil(t, err)
		_, err = client.Do(req)
		if d := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || d < time.Minute || d > 61*time.Second {
			t.Error(err, d)
		}
	}
}

// Deadlines are taken from time.Now, and contexts end dials at theirs.
func TestPatchedSim_netRealClock(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		s.Go("server", func() {
			l, err := net.Listen("tcp", ":80")
			needNil(t, err)
			l.Accept()
			time.Sleep(time.Hour)
		})
		time.Sleep(time.Second)
		c, err := net.Dial("tcp", "server:80")
		needNil(t, err)
		begun := time.Now()
		needNil(t, c.SetReadDeadline(begun.Add(time.Minute)))
		_, err = c.Read(make([]byte, 1))
		if d := time.Since(begun); !errors.Is(err, os.ErrDeadlineExceeded) || d < time.Minute || d > time.Minute+time.Millisecond {
			t.Error(err, d)
		}
		s.Partition("main", "server")
		for what, dial := range map[string]func() error{
			"DialTimeout": func() error { _, err := net.DialTimeout("tcp", "server:80", time.Second); return err },
			"Dialer.Deadline": func() error {
				_, err := (&net.Dialer{Deadline: time.Now().Add(time.Second)}).Dial("tcp", "server:80")
				return err
			},
			"DialContext": func() error {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				_, err := new(net.Dialer).DialContext(ctx, "tcp", "server:80")
				return err
			},
			"DialUDP": func() error { // does not send, and so does not wait
				time.Sleep(time.Second)
				_, err := net.DialTimeout("udp", "server:80", time.Nanosecond)
				return err
			},
		} {
			begun = time.Now()
			err := dial()
			var timeout net.Error
			if d := time.Since(begun); what != "DialUDP" && (!errors.As(err, &timeout) || !timeout.Timeout()) || d < time.Second || d > time.Second+time.Millisecond {
				t.Errorf("%s: %v after %v", what, err, d)
			}
		}
	})
}

// startServer starts a server on the host "server".
func startServer(t *testing.T, s *Sim, answer func(r *http.Request) string) *http.Server {
	srv := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, answer(r))
	})}
	s.Go("server", func() { srv.Serve(mustListen(t, ":80")) })
	return srv
}

// A getter is a client on the host "client", which asks the host "server" until it has n answers.
type getter struct {
	*Task
	got, failed int
}

func startGetter(t *testing.T, s *Sim, n int, good func(answer string) bool) *getter {
	g := new(getter)
	g.Task = s.Go("client", func() {
		client := http.Client{Transport: new(http.Transport), Timeout: 10 * time.Second}
		defer client.CloseIdleConnections()
		for g.got < n {
			res, err := client.Get("http://server/")
			if err != nil {
				g.failed++
				time.Sleep(time.Second)
				continue
			}
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			if !good(string(b)) || err != nil {
				t.Errorf("%q, %v", b, err)
			}
			g.got++
		}
	})
	return g
}

// A server and a client on hosts of their own, a partition, a reset, and a client that tries again.
func TestPatchedSim_httpFaults(t *testing.T) {
	for seed := range uint64(20) {
		simulatePatched(t, seed, func(s *Sim) {
			srv := startServer(t, s, func(r *http.Request) string {
				time.Sleep(time.Second)
				return "hello " + r.RemoteAddr
			})
			time.Sleep(time.Second)
			client := startGetter(t, s, 10, func(answer string) bool {
				return strings.HasPrefix(answer, "hello "+s.IP("client").String()+":")
			})
			time.Sleep(1500 * time.Millisecond)
			s.Partition("server", "client")
			time.Sleep(time.Minute)
			s.Heal("server", "client")
			time.Sleep(3500 * time.Millisecond)
			s.Reset("server", "client")
			client.Join()
			if client.got != 10 || client.failed < 5 || client.failed > 7 {
				t.Error(client.got, client.failed)
			}
			srv.Close()
		})
	}
}

func mustListen(t *testing.T, address string) net.Listener {
	l, err := net.Listen("tcp", address)
	needNil(t, err)
	return l
}

// The calls of a TLS connection that are not Read and Write.
func TestPatchedSim_tlsClose(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		srv := httptest.NewUnstartedServer(nil)
		srv.StartTLS() // for its certificate
		config := srv.TLS.Clone()
		srv.Close()
		config.NextProtos = nil
		l, err := tls.Listen("tcp", "main:443", config)
		needNil(t, err)
		go func() {
			c, err := l.Accept()
			needNil(t, err)
			io.Copy(c, c)
			needNil(t, c.Close())
		}()
		c, err := tls.Dial("tcp", "main:443", &tls.Config{InsecureSkipVerify: true})
		needNil(t, err)
		fmt.Fprint(c, "hello")
		needNil(t, c.CloseWrite())
		if got, err := io.ReadAll(c); string(got) != "hello" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		needNil(t, c.Close())
	})
}

// A host crashes while its server waits for a goroutine of its own: that one ends, and the server is left behind.
func TestPatchedSim_leavesAtCrash(t *testing.T) {
	for seed := range uint64(20) {
		simulatePatched(t, seed, func(s *Sim) {
			hello := func(*http.Request) string {
				time.Sleep(time.Second)
				return "hello"
			}
			startServer(t, s, hello)
			time.Sleep(time.Second)
			client := startGetter(t, s, 5, func(answer string) bool { return answer == "hello" })
			time.Sleep(1500 * time.Millisecond)
			begun := time.Now()
			s.Crash("server")
			if d := time.Since(begun); d > time.Millisecond {
				t.Errorf("the crash took %v", d)
			}
			time.Sleep(time.Minute)
			startServer(t, s, hello)
			client.Join()
			if client.got != 5 || client.failed < 5 {
				t.Error(client.got, client.failed)
			}
		})
	}
}
