//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// On systems without a readiness backend the connections are package net's, and
// what would block is done on a helper goroutine while the task parks. The API is
// the same, and so is what it means; only its cost is not.

// offloaded makes a call that may block. If the task is interrupted meanwhile,
// abort must make the call return soon; it is waited for, since it uses the
// caller's buffer, and then restore is called.
func offloaded[T any](abort, restore func(), f func() (T, error)) (T, error) {
	h := sched.Here()
	if h == nil || h.Current == nil {
		sched.MayBlock(h)
		return f()
	}
	done := make(chan struct{})
	finished := false
	defer func() {
		if !finished {
			abort()
			<-done
			restore()
		}
	}()
	v, err := sched.AwaitOn(sched.StartGoroutine, func() (T, error) {
		defer close(done)
		return f()
	})
	finished = true
	return v, err
}

// A Conn is a connection: TCP, a Unix socket, or a datagram socket with a fixed
// peer. It is a net.Conn, with the further methods of net.TCPConn.
//
// Read and Write park the task that calls them, and block a goroutine that is in
// no task. All methods may be called from any goroutine, and at once; several
// Reads are served in order, and so are several Writes, each as a whole.
type Conn struct {
	net.Conn
	hub         *sched.Hub
	read, write atomic.Pointer[time.Time] // deadlines, to be restored after an abort
}

var past = time.Unix(1, 0)

// Read reads at least one byte, waiting until there is one.
func (c *Conn) Read(p []byte) (int, error) {
	return offloaded(c.abortRead, c.restoreRead, func() (int, error) { return c.Conn.Read(p) })
}

// Write writes all of p, waiting until the system has taken it.
func (c *Conn) Write(p []byte) (int, error) {
	return offloaded(c.abortWrite, c.restoreWrite, func() (int, error) { return c.Conn.Write(p) })
}

func (c *Conn) abortRead()    { c.Conn.SetReadDeadline(past) }
func (c *Conn) abortWrite()   { c.Conn.SetWriteDeadline(past) }
func (c *Conn) restoreRead()  { c.Conn.SetReadDeadline(deref(c.read.Load())) }
func (c *Conn) restoreWrite() { c.Conn.SetWriteDeadline(deref(c.write.Load())) }

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// SetDeadline sets the instant after which Read and Write fail.
func (c *Conn) SetDeadline(t time.Time) error {
	c.read.Store(&t)
	c.write.Store(&t)
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline is SetDeadline for Read.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.read.Store(&t)
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline is SetDeadline for Write.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.write.Store(&t)
	return c.Conn.SetWriteDeadline(t)
}

// Close closes the connection. Calls that wait on it, in any task or goroutine,
// return net.ErrClosed; so does a second Close.
func (c *Conn) Close() error {
	disown(c.hub, c.Conn)
	return c.Conn.Close()
}

// WaitReadable returns at once here: this system has no way to wait without
// reading.
func (c *Conn) WaitReadable() error { return nil }

// SetIdleTimeout is not available here, but for zero, which means no limit.
func (c *Conn) SetIdleTimeout(d time.Duration) error {
	if d > 0 {
		return fault.Unsupported("SetIdleTimeout")
	}
	return nil
}

// CloseRead shuts down the reading side.
func (c *Conn) CloseRead() error {
	return option(c, "CloseRead", func(x interface{ CloseRead() error }) error { return x.CloseRead() })
}

// CloseWrite shuts down the writing side.
func (c *Conn) CloseWrite() error {
	return option(c, "CloseWrite", func(x interface{ CloseWrite() error }) error { return x.CloseWrite() })
}

// SetNoDelay says whether small writes are sent at once; they are unless it is
// set to false.
func (c *Conn) SetNoDelay(on bool) error {
	return option(c, "SetNoDelay", func(x *net.TCPConn) error { return x.SetNoDelay(on) })
}

// SetKeepAlive says whether the system probes an idle connection.
func (c *Conn) SetKeepAlive(on bool) error {
	return option(c, "SetKeepAlive", func(x *net.TCPConn) error { return x.SetKeepAlive(on) })
}

// SetKeepAlivePeriod sets the time of idleness before the first probe, and
// between probes.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return option(c, "SetKeepAlivePeriod", func(x *net.TCPConn) error { return x.SetKeepAlivePeriod(d) })
}

// SetLinger says what Close does with data that is not sent yet.
func (c *Conn) SetLinger(sec int) error {
	return option(c, "SetLinger", func(x *net.TCPConn) error { return x.SetLinger(sec) })
}

// SetReadBuffer sets the size of the system's receive buffer, in bytes.
func (c *Conn) SetReadBuffer(bytes int) error {
	return option(c, "SetReadBuffer", func(x interface{ SetReadBuffer(int) error }) error { return x.SetReadBuffer(bytes) })
}

// SetWriteBuffer sets the size of the system's send buffer, in bytes.
func (c *Conn) SetWriteBuffer(bytes int) error {
	return option(c, "SetWriteBuffer", func(x interface{ SetWriteBuffer(int) error }) error { return x.SetWriteBuffer(bytes) })
}

func option[T any](c *Conn, needs string, f func(T) error) error {
	x, ok := c.Conn.(T)
	if !ok {
		return fault.Unsupported(needs + " on " + c.LocalAddr().Network())
	}
	return f(x)
}

// ReadFrom copies r to the connection until r ends; it is part of io.ReaderFrom.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{c}, r)
}

// WriteTo copies the connection to w until the stream ends; it is part of
// io.WriterTo.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}

// SyscallConn gives access to the descriptor.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if x, ok := c.Conn.(syscall.Conn); ok {
		return x.SyscallConn()
	}
	return nil, fault.Unsupported("SyscallConn")
}

// A Listener accepts connections. It is a net.Listener.
type Listener struct {
	net.Listener
	hub *sched.Hub
}

// Close closes the listener. Accept calls that wait return net.ErrClosed.
func (l *Listener) Close() error {
	disown(l.hub, l.Listener)
	return l.Listener.Close()
}

// Accept waits for a connection and returns it, a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptConn is Accept with the result's own type.
func (l *Listener) AcceptConn() (*Conn, error) {
	deadline, _ := l.Listener.(interface{ SetDeadline(time.Time) error })
	abort := func() { deadline.SetDeadline(past) }
	restore := func() { deadline.SetDeadline(time.Time{}) }
	c, err := offloaded(abort, restore, l.Listener.Accept)
	if err != nil {
		return nil, err
	}
	return ownConn(c), nil
}

// A PacketConn is a datagram socket. It is a net.PacketConn.
type PacketConn struct {
	net.PacketConn
	hub *sched.Hub
}

// Close closes the socket. Calls that wait on it return net.ErrClosed.
func (c *PacketConn) Close() error {
	disown(c.hub, c.PacketConn)
	return c.PacketConn.Close()
}

// ReadFrom waits for a datagram and returns its length and origin.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	type result struct {
		n    int
		addr net.Addr
	}
	abort := func() { c.SetReadDeadline(past) }
	restore := func() { c.SetReadDeadline(time.Time{}) }
	r, err := offloaded(abort, restore, func() (result, error) {
		n, addr, err := c.PacketConn.ReadFrom(p)
		return result{n, addr}, err
	})
	return r.n, r.addr, err
}

// Read is ReadFrom without the origin. It is part of net.Conn.
func (c *PacketConn) Read(p []byte) (int, error) {
	n, _, err := c.ReadFrom(p)
	return n, err
}

// Write sends p to the peer, and fails if there is none. It is part of net.Conn.
func (c *PacketConn) Write(p []byte) (int, error) {
	w, ok := c.PacketConn.(net.Conn)
	if !ok {
		return 0, fault.Unsupported("Write of a socket without a peer")
	}
	return w.Write(p)
}

// RemoteAddr returns the peer's address, nil if there is none. It is part of net.Conn.
func (c *PacketConn) RemoteAddr() net.Addr {
	if r, ok := c.PacketConn.(net.Conn); ok {
		return r.RemoteAddr()
	}
	return nil
}

// ReadMsgUDP waits for a datagram with control messages, see net.UDPConn. It is for UDP
// sockets.
func (c *PacketConn) ReadMsgUDP(p, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	u, ok := c.PacketConn.(*net.UDPConn)
	if !ok {
		return 0, 0, 0, nil, fault.Unsupported("ReadMsgUDP of a socket that is not of UDP")
	}
	abort := func() { c.SetReadDeadline(past) }
	restore := func() { c.SetReadDeadline(time.Time{}) }
	_, err = offloaded(abort, restore, func() (int, error) {
		var err error
		n, oobn, flags, addr, err = u.ReadMsgUDP(p, oob)
		return 0, err
	})
	return n, oobn, flags, addr, err
}

// WriteMsgUDP sends a datagram with control messages, see net.UDPConn. It is for UDP
// sockets.
func (c *PacketConn) WriteMsgUDP(p, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	u, ok := c.PacketConn.(*net.UDPConn)
	if !ok {
		return 0, 0, fault.Unsupported("WriteMsgUDP of a socket that is not of UDP")
	}
	return u.WriteMsgUDP(p, oob, addr)
}

// SetReadBuffer sets the size of the system's receive buffer, in bytes.
func (c *PacketConn) SetReadBuffer(bytes int) error {
	if b, ok := c.PacketConn.(interface{ SetReadBuffer(int) error }); ok {
		return b.SetReadBuffer(bytes)
	}
	return fault.Unsupported("SetReadBuffer")
}

// SetWriteBuffer sets the size of the system's send buffer, in bytes.
func (c *PacketConn) SetWriteBuffer(bytes int) error {
	if b, ok := c.PacketConn.(interface{ SetWriteBuffer(int) error }); ok {
		return b.SetWriteBuffer(bytes)
	}
	return fault.Unsupported("SetWriteBuffer")
}

// SyscallConn gives access to the descriptor.
func (c *PacketConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.PacketConn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, fault.Unsupported("SyscallConn")
}

func (lc *ListenConfig) std() *net.ListenConfig {
	return &net.ListenConfig{Control: lc.Control, KeepAlive: lc.KeepAlive}
}

func (lc *ListenConfig) listen(ctx context.Context, network, address string) (net.Listener, error) {
	switch {
	case lc.ReusePort:
		return nil, fault.Unsupported("ReusePort")
	case lc.MaxConns > 0 || lc.AcceptRate > 0 || lc.HeaderTimeout > 0 || lc.IdleTimeout > 0:
		return nil, fault.Unsupported("limiting connections")
	}
	l, err := Await(func() (net.Listener, error) { return lc.std().Listen(ctx, network, address) })
	if err != nil {
		return nil, err
	}
	return &Listener{l, own(l)}, nil
}

func (lc *ListenConfig) listenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	c, err := Await(func() (net.PacketConn, error) { return lc.std().ListenPacket(ctx, network, address) })
	if err != nil {
		return nil, err
	}
	return &PacketConn{c, own(c)}, nil
}

func (d *Dialer) dialAddr(ctx context.Context, network, address string) (*Conn, error) {
	return d.dialStd(ctx, network, address)
}

func (d *Dialer) dialUnix(ctx context.Context, network, address string) (*Conn, error) {
	return d.dialStd(ctx, network, address)
}

func (d *Dialer) dialStd(ctx context.Context, network, address string) (*Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	std := net.Dialer{LocalAddr: d.LocalAddr, KeepAlive: d.KeepAlive, Control: d.Control,
		FallbackDelay: d.FallbackDelay, Resolver: d.Resolver}
	c, err := offloaded(cancel, cancel, func() (net.Conn, error) { return std.DialContext(ctx, network, address) })
	if err != nil {
		return nil, err
	}
	return ownConn(c), nil
}

func ownConn(c net.Conn) *Conn { return &Conn{Conn: c, hub: own(c)} }

// own has c closed at the end of the calling task's Run, if there is one.
func own(c io.Closer) *sched.Hub {
	h := sched.Here()
	if h != nil {
		h.CloseOnExit(c)
	}
	return h
}

func disown(h *sched.Hub, c io.Closer) {
	if h != nil {
		h.CancelCloseOnExit(c)
	}
}
