package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"golang.org/x/net/http2"

	"github.com/stackful-go/stackful/poller"
)

// serveHTTP2 serves HTTP/2 without TLS on each connection of l, in a goroutine of
// its own, until l is closed. It is for a task.
func serveHTTP2(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go new(http2.Server).ServeConn(c, &http2.ServeConnOpts{Handler: handler()})
	}
}

// x/net/http2's server and client over connections of one hub: both have their
// own goroutines for each connection, which read, write and look after it.
func TestHTTP2(t *testing.T) {
	run(t, func() {
		l := must(poller.Listen("tcp", "127.0.0.1:0"))
		accepting := poller.Go(func() { serveHTTP2(l) })
		conns := make(chan net.Conn, 1)
		conns <- must(poller.Dial("tcp", l.Addr().String()))
		transport := &http2.Transport{
			AllowHTTP:                  true,
			StrictMaxConcurrentStreams: true, // no second connection
			DialTLSContext: func(context.Context, string, string, *tls.Config) (net.Conn, error) {
				return <-conns, nil
			},
		}
		post := func(path string, body io.Reader) (string, error) {
			r, err := transport.RoundTrip(must(http.NewRequest("POST", "http://"+l.Addr().String()+path, body)))
			if err != nil {
				return "", err
			}
			defer r.Body.Close()
			got, err := io.ReadAll(r.Body)
			return string(got), err
		}
		var streams poller.Group
		for i := range 100 { // at once, on one connection
			streams.Go(func() error {
				_, err := poller.Await(func() (int, error) {
					body := randomBytes(byte(i), 1000*i)
					got, err := post("/hash", bytes.NewReader(body))
					if err == nil && got != digestOf(body) {
						err = fmt.Errorf("stream %d: %q for %q", i, got, digestOf(body))
					}
					return 0, err
				})
				return err
			})
		}
		streams.Go(func() error { // more than the windows of flow control
			_, err := poller.Await(func() (int, error) {
				got, err := post("/big", nil)
				if err == nil && digestOf([]byte(got)) != digestOf(randomBytes(9, 8<<20)) {
					err = fmt.Errorf("%d bytes came, or wrong ones", len(got))
				}
				return 0, err
			})
			return err
		})
		check(streams.Join())
		transport.CloseIdleConnections()
		l.Close()
		join(accepting)
	})
}

// The same library's transport, dialling by itself, without any hub.
func TestHTTP2_transport(t *testing.T) {
	l := must(poller.Listen("tcp", "127.0.0.1:0"))
	ended := make(chan bool)
	go func() { serveHTTP2(l); close(ended) }()
	transport := &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
			return new(poller.Dialer).DialContext(ctx, network, addr)
		},
	}
	client := http.Client{Transport: transport}
	for i := range 20 {
		body := randomBytes(byte(i), 5000*i)
		r := must(client.Post("http://"+l.Addr().String()+"/hash", "", bytes.NewReader(body)))
		if got := must(io.ReadAll(r.Body)); string(got) != digestOf(body) || r.ProtoMajor != 2 {
			t.Errorf("%s: %q for %q", r.Proto, got, digestOf(body))
		}
		r.Body.Close()
	}
	transport.CloseIdleConnections()
	l.Close()
	<-ended
}
