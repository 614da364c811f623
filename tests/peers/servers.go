package main

import (
	"net"
	"slices"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/stackful-go/stackful/poller"
)

// A server is one way to serve.
type server struct {
	name, about string
	module      string // what its version is that of; "" for this module and the standard library
	http        bool   // it speaks HTTP; the others echo
	extra       bool   // only in the stages that name it
	run         func(ready func(addr string)) error
}

var servers = []server{
	{name: "epoll", about: "hand-written epoll loop, no coroutines", run: serveEpoll},
	{name: "poller", about: "this module, a task for each connection", run: func(ready func(addr string)) error {
		return servePoller(ready, echo)
	}},
	{name: "poller-wait", about: "the same with WaitReadable and shared buffers", extra: true, run: func(ready func(addr string)) error {
		return servePoller(ready, echoSharing)
	}},
	{name: "net", about: "package net, a goroutine for each connection", run: func(ready func(addr string)) error {
		return serveNet(ready, echo)
	}},
	{name: "netpoll", about: "cloudwego/netpoll", module: "github.com/cloudwego/netpoll", run: serveNetpoll},
	{name: "gnet", about: "gnet", module: "github.com/panjf2000/gnet/v2", run: serveGnet},
	{name: "fasthttp-poller", about: "fasthttp over this module's connections", module: "github.com/valyala/fasthttp", http: true,
		run: func(ready func(addr string)) error { return servePoller(ready, serveHTTP) }},
	{name: "fasthttp-net", about: "fasthttp over package net's", module: "github.com/valyala/fasthttp", http: true,
		run: func(ready func(addr string)) error { return serveNet(ready, serveHTTP) }},
}

func serverCalled(name string) *server {
	i := slices.IndexFunc(servers, func(s server) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return &servers[i]
}

// echoNames are the servers of the stages that echo.
func echoNames() (names []string) {
	for _, s := range servers {
		if !s.http && !s.extra {
			names = append(names, s.name)
		}
	}
	return names
}

const anyPort = "127.0.0.1:0"

func servePoller(ready func(addr string), handle func(c net.Conn)) error {
	return poller.Run(func() {
		l := must(poller.Listen("tcp", anyPort))
		ready(l.Addr().String())
		for {
			c := must(l.Accept()) // waits if there are no descriptors left
			poller.Go(func() { handle(c) })
		}
	})
}

func serveNet(ready func(addr string), handle func(c net.Conn)) error {
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	ready(l.Addr().String())
	for pause := time.Duration(0); ; {
		c, err := l.Accept()
		if err != nil { // no descriptors: what net/http does
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
			continue
		}
		pause = 0
		go handle(c)
	}
}

// bufferSize is how much echo reads at once.
const bufferSize = 512

// echo is the same code for tasks and for goroutines.
func echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, bufferSize)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// freeBuffers are those that no task holds. All tasks are on one goroutine.
var freeBuffers [][]byte

// echoSharing takes a buffer when there is something to read.
func echoSharing(c net.Conn) {
	defer c.Close()
	for c.(*poller.Conn).WaitReadable() == nil {
		var buf []byte
		if last := len(freeBuffers) - 1; last >= 0 {
			buf, freeBuffers = freeBuffers[last], freeBuffers[:last]
		} else {
			buf = make([]byte, bufferSize)
		}
		n, err := c.Read(buf)
		if err == nil {
			_, err = c.Write(buf[:n])
		}
		freeBuffers = append(freeBuffers, buf)
		if err != nil {
			return
		}
	}
}

var httpServer = fasthttp.Server{
	NoDefaultServerHeader: true,
	NoDefaultDate:         true,
	Handler:               func(ctx *fasthttp.RequestCtx) { ctx.WriteString("Hello, World!") },
}

func serveHTTP(c net.Conn) {
	defer c.Close()
	httpServer.ServeConn(c)
}
