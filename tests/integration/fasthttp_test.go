package integration

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/stackful-go/stackful/poller"
)

func fastHandler(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/hash":
		ctx.WriteString(digestOf(ctx.PostBody()))
	case "/hello":
		ctx.WriteString("Hello, World!")
	default:
		ctx.Error("not found", fasthttp.StatusNotFound)
	}
}

// serveFast serves each connection of l by start until l is closed.
func serveFast(l net.Listener, start func(f func())) {
	s := fasthttp.Server{Handler: fastHandler, NoDefaultServerHeader: true, NoDefaultDate: true,
		MaxRequestBodySize: 64 << 20}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		start(func() {
			defer c.Close()
			s.ServeConn(c)
		})
	}
}

// fasthttp's server and client start no goroutines: all of it is on one.
func TestFasthttp(t *testing.T) {
	run(t, func() {
		var used goroutineSet
		l := must(poller.Listen("tcp", "127.0.0.1:0"))
		accepting := poller.Go(func() {
			serveFast(watchedListener{l, &used}, func(f func()) { poller.Go(f) })
		})
		var clients poller.Group
		for i := range 50 {
			clients.Go(func() error {
				c := fasthttp.HostClient{Addr: l.Addr().String(), ReadTimeout: time.Minute, Dial: func(addr string) (net.Conn, error) {
					c, err := poller.Dial("tcp", addr)
					return watchedConn{c, &used}, err
				}}
				defer c.CloseIdleConnections()
				var q fasthttp.Request
				var a fasthttp.Response
				for j := range 10 {
					body := randomBytes(byte(i+j), 1000*i*j)
					q.SetRequestURI("http://localhost/hash")
					q.Header.SetMethod("POST")
					q.SetBody(body)
					if err := c.Do(&q, &a); err != nil {
						return err
					}
					if got := string(a.Body()); a.StatusCode() != 200 || got != digestOf(body) {
						return fmt.Errorf("%d %q for %q", a.StatusCode(), got, digestOf(body))
					}
				}
				return nil
			})
		}
		check(clients.Join())
		l.Close()
		join(accepting)
		used.mustBeOnly(t)
	})
}

type watchedListener struct {
	net.Listener
	by *goroutineSet
}

func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return watchedConn{c, l.by}, nil
}
