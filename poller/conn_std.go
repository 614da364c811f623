//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A connFD is a connection of package net.
type connFD struct {
	d   stdConn
	hub *sched.Hub
}

// A stdConn is a net.Conn whose calls park the task that makes them.
type stdConn struct {
	std net.Conn

	readDeadline, writeDeadline atomic.Pointer[time.Time] // nil as long as none was set
}

func ownConn(std net.Conn) *Conn {
	return &Conn{connFD: connFD{d: stdConn{std: std}, hub: own(std)}}
}

// opError returns err: it is package net's, in its form already, or an *UnsupportedError.
func (c *Conn) opError(_ string, err error) error { return err }

// Read is std's, on a helper goroutine.
func (d *stdConn) Read(h *sched.Hub, p []byte) (int, error) {
	return offloaded(h, d.abortRead, d.restoreRead, func() (int, error) { return d.std.Read(p) })
}

// Write is std's, on a helper goroutine.
func (d *stdConn) Write(h *sched.Hub, p []byte) (int, error) {
	return offloaded(h, d.abortWrite, d.restoreWrite, func() (int, error) { return d.std.Write(p) })
}

// WaitReadable does not wait: package net has no way to.
func (d *stdConn) WaitReadable(*sched.Hub) error { return nil }

func (d *stdConn) abortRead()    { d.std.SetReadDeadline(past) }
func (d *stdConn) abortWrite()   { d.std.SetWriteDeadline(past) }
func (d *stdConn) restoreRead()  { d.std.SetReadDeadline(deref(d.readDeadline.Load())) }
func (d *stdConn) restoreWrite() { d.std.SetWriteDeadline(deref(d.writeDeadline.Load())) }

// isDgram is never set: package net's Read and Write are those of messages, too.
func (c *Conn) readMessage(h *sched.Hub, p []byte) (int, error)  { return c.d.Read(h, p) }
func (c *Conn) writeMessage(h *sched.Hub, p []byte) (int, error) { return c.d.Write(h, p) }

func (c *Conn) setDeadline(t time.Time) error {
	c.d.readDeadline.Store(&t)
	c.d.writeDeadline.Store(&t)
	return c.d.std.SetDeadline(t)
}

func (c *Conn) setReadDeadline(t time.Time) error {
	c.d.readDeadline.Store(&t)
	return c.d.std.SetReadDeadline(t)
}

func (c *Conn) setWriteDeadline(t time.Time) error {
	c.d.writeDeadline.Store(&t)
	return c.d.std.SetWriteDeadline(t)
}

func (c *Conn) close() error {
	disown(c.hub, c.d.std)
	return c.d.std.Close()
}

func (c *Conn) localAddr() net.Addr  { return c.d.std.LocalAddr() }
func (c *Conn) remoteAddr() net.Addr { return c.d.std.RemoteAddr() }

func (c *Conn) setIdleTimeout(d time.Duration) error {
	if d > 0 {
		return fault.Unsupported("SetIdleTimeout")
	}
	return nil
}

func (c *Conn) closeRead() error {
	return option(c, "CloseRead", func(x interface{ CloseRead() error }) error { return x.CloseRead() })
}

func (c *Conn) closeWrite() error {
	return option(c, "CloseWrite", func(x interface{ CloseWrite() error }) error { return x.CloseWrite() })
}

func (c *Conn) setNoDelay(on bool) error {
	return option(c, "SetNoDelay", func(x *net.TCPConn) error { return x.SetNoDelay(on) })
}

func (c *Conn) setKeepAlive(on bool) error {
	return option(c, "SetKeepAlive", func(x *net.TCPConn) error { return x.SetKeepAlive(on) })
}

func (c *Conn) setKeepAlivePeriod(d time.Duration) error {
	return option(c, "SetKeepAlivePeriod", func(x *net.TCPConn) error { return x.SetKeepAlivePeriod(d) })
}

func (c *Conn) setLinger(sec int) error {
	return option(c, "SetLinger", func(x *net.TCPConn) error { return x.SetLinger(sec) })
}

func (c *Conn) setReadBuffer(bytes int) error {
	return option(c, "SetReadBuffer", func(x interface{ SetReadBuffer(int) error }) error { return x.SetReadBuffer(bytes) })
}

func (c *Conn) setWriteBuffer(bytes int) error {
	return option(c, "SetWriteBuffer", func(x interface{ SetWriteBuffer(int) error }) error { return x.SetWriteBuffer(bytes) })
}

func option[T any](c *Conn, needs string, f func(T) error) error {
	x, ok := c.d.std.(T)
	if !ok {
		return fault.Unsupported(needs + " on " + c.LocalAddr().Network())
	}
	return f(x)
}

func (c *Conn) syscallConn() (syscall.RawConn, error) { return stdSyscallConn(c.d.std) }
func (c *Conn) file() (*os.File, error)               { return stdFile(c.d.std) }

func stdSyscallConn(x any) (syscall.RawConn, error) {
	if x, ok := x.(syscall.Conn); ok {
		return x.SyscallConn()
	}
	return nil, fault.Unsupported("SyscallConn")
}

func stdFile(x any) (*os.File, error) {
	if x, ok := x.(interface{ File() (*os.File, error) }); ok {
		return x.File()
	}
	return nil, fault.Unsupported("File")
}
