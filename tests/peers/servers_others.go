package main

import (
	"context"
	"net"

	"github.com/cloudwego/netpoll"
	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"
)

func serveNetpoll(ready func(addr string)) error {
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	loop, err := netpoll.NewEventLoop(func(_ context.Context, c netpoll.Connection) error {
		in, out := c.Reader(), c.Writer()
		data, err := in.Next(in.Len())
		if err != nil {
			return err
		}
		if _, err := out.WriteBinary(data); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		return in.Release()
	})
	if err != nil {
		return err
	}
	ready(l.Addr().String())
	return loop.Serve(l)
}

type gnetEcho struct {
	gnet.BuiltinEventEngine
	ready func(addr string)
}

func serveGnet(ready func(addr string)) error {
	return gnet.Run(&gnetEcho{ready: ready}, "tcp://"+anyPort, gnet.WithNumEventLoop(1))
}

func (e *gnetEcho) OnBoot(engine gnet.Engine) gnet.Action {
	fd, err := engine.Dup()
	fail(err)
	defer unix.Close(fd)
	e.ready(localAddr(fd))
	return gnet.None
}

func (e *gnetEcho) OnTraffic(c gnet.Conn) gnet.Action {
	data, err := c.Next(-1)
	if err != nil {
		return gnet.Close
	}
	if _, err := c.Write(data); err != nil {
		return gnet.Close
	}
	return gnet.None
}
