//go:build linux && !poller_std

package poller

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/dnstest"
)

// Parts of the standard library that wait in channels for goroutines of their own.

// The name server is a task of the hub whose tasks ask it.
func TestPatched_lookup(t *testing.T) {
	inPatched(t, func() {
		u, err := net.ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		defer u.Close()
		served := 0
		Go(func() {
			b := make([]byte, 512)
			for {
				n, from, err := u.ReadFrom(b)
				if err != nil {
					return
				}
				served++
				u.WriteTo(answer(t, b[:n]), from)
			}
		})
		r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp", u.LocalAddr().String())
		}}
		ctx := context.Background()
		var tasks []*Task
		for what, look := range map[string]func() (any, error){
			"[192.0.2.1]":       func() (any, error) { return r.LookupHost(ctx, "a.example.") },
			"[{192.0.2.1 }]":    func() (any, error) { return r.LookupIPAddr(ctx, "b.example.") },
			"[192.0.2.1]/NetIP": func() (any, error) { return r.LookupNetIP(ctx, "ip4", "c.example.") },
			"[some text]":       func() (any, error) { return r.LookupTXT(ctx, "d.example.") },
			"[mail.example. 7]": func() (any, error) {
				mx, err := r.LookupMX(ctx, "e.example.")
				return []any{mx[0].Host, mx[0].Pref}, err
			},
			"[ns.example.]": func() (any, error) { ns, err := r.LookupNS(ctx, "f.example."); return []any{ns[0].Host}, err },
			"[srv.example.]": func() (any, error) {
				_, s, err := r.LookupSRV(ctx, "x", "tcp", "g.example.")
				return []any{s[0].Target}, err
			},
			"h.example.":     func() (any, error) { return r.LookupCNAME(ctx, "h.example.") },
			"[ptr.example.]": func() (any, error) { return r.LookupAddr(ctx, "192.0.2.9") },
			"80":             func() (any, error) { return r.LookupPort(ctx, "tcp", "http") },
		} {
			tasks = append(tasks, Go(func() {
				want, _, _ := strings.Cut(what, "/")
				if got, err := look(); err != nil || fmt.Sprint(got) != want {
					t.Errorf("got %v, %v; want %s", got, err, want)
				}
			}))
		}
		needNil(t, JoinAll(tasks...))
		if served < 9 {
			t.Errorf("%d questions", served)
		}
	})
}

// answer returns the answer to a question to a name server.
func answer(t testing.TB, question []byte) []byte {
	q, err := dnstest.Parse(question)
	needNil(t, err)
	var found [][]byte
	switch q.Type {
	case dnstest.A:
		found = [][]byte{dnstest.Address(netip.AddrFrom4([4]byte{192, 0, 2, 1}))}
	case dnstest.TXT:
		found = [][]byte{dnstest.Text("some text")}
	case dnstest.MX:
		found = [][]byte{dnstest.Mail(7, "mail.example.")}
	case dnstest.NS:
		found = [][]byte{dnstest.Name("ns.example.")}
	case dnstest.SRV:
		found = [][]byte{dnstest.Service("srv.example.")}
	case dnstest.PTR:
		found = [][]byte{dnstest.Name("ptr.example.")}
	}
	return dnstest.Answer(question, dnstest.Success, found...)
}

// The race of address families is made of goroutines; who is dialled is a task of
// the same hub.
func TestPatched_dialName(t *testing.T) {
	inPatched(t, func() {
		l, err := net.Listen("tcp", "localhost:0")
		needNil(t, err)
		defer l.Close()
		Go(func() { serve(l, echo) })
		_, port, _ := net.SplitHostPort(l.Addr().String())
		for range 3 {
			c, err := net.Dial("tcp", net.JoinHostPort("localhost", port))
			needNil(t, err)
			io.WriteString(c, "x")
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
			c.Close()
		}
	})
}

// net/http's client talks to a server whose handlers are tasks of the same hub.
func TestPatched_httpClient(t *testing.T) {
	inPatched(t, func() {
		l := stdListen(t)
		defer l.Close()
		Go(func() { serve(l, serveSlowly) })
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport, Timeout: time.Minute}
		var tasks []*Task
		for i := range 20 {
			tasks = append(tasks, Go(func() {
				for r := range 3 {
					text := fmt.Sprintf("%d.%d", i, r)
					resp, err := client.Post("http://"+l.Addr().String(), "text/plain", strings.NewReader(text))
					needNil(t, err)
					b, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if err != nil || string(b) != text {
						t.Errorf("got %q, %v", b, err)
					}
				}
			}))
		}
		needNil(t, JoinAll(tasks...))

		// Interrupted: the connection is given back or closed, and nobody waits.
		hang := stdListen(t)
		defer hang.Close()
		get := Go(func() { client.Get("http://" + hang.Addr().String()) })
		untilReading(get)
		get.Kill()
		if get.Err() != ErrKilled {
			t.Error(get.Err())
		}
		c, err := hang.Accept()
		needNil(t, err)
		c.Close() // ends the round trip that nobody waits for
	})
}

// serveSlowly answers requests with their bodies, in two parts.
func serveSlowly(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:1])
		time.Sleep(time.Millisecond)
		c.Write(body[1:])
	}
}

// The body of a response over HTTP/2 comes while another task does something.
func TestPatched_http2(t *testing.T) {
	proceed := make(chan bool)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto+" ")
		w.(http.Flusher).Flush()
		<-proceed
		io.WriteString(w, "end")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	inPatched(t, func() {
		resp, err := server.Client().Get(server.URL)
		needNil(t, err)
		defer resp.Body.Close()
		part := make([]byte, len("HTTP/2.0 "))
		_, err = io.ReadFull(resp.Body, part)
		needNil(t, err)
		rest := ""
		read := Go(func() {
			b, err := io.ReadAll(resp.Body)
			needNil(t, err)
			rest = string(b)
		})
		untilReading(read)
		proceed <- true
		read.Join()
		if got := string(part) + rest; got != "HTTP/2.0 end" {
			t.Errorf("got %q", got)
		}
	})
}

// net/http's server runs its handlers on goroutines; Serve and the clients are tasks.
func TestPatched_httpServer(t *testing.T) {
	inPatched(t, func() {
		l := stdListen(t)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })}
		serve := Go(func() { server.Serve(l) })
		untilInRuntime(1)
		transport := &http.Transport{TLSClientConfig: &tls.Config{}}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		for range 5 {
			resp, err := client.Get("http://" + l.Addr().String())
			needNil(t, err)
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(b) != "hello" {
				t.Errorf("got %q, %v", b, err)
			}
		}
		server.Close()
		serve.Join()
	})
}
