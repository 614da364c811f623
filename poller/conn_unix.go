//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A connFD is the descriptor of a Conn, with its network and addresses.
type connFD struct {
	d       fd.FD
	network string
	local   net.Addr
	remote  net.Addr
}

// newConn makes the Conn of a connected socket; OnClose is called when that is
// closed, unless it is nil. If newConn fails, fd is closed, and OnClose not called.
func newConn(h *sched.Hub, fd int, network string, onClose func()) (*Conn, error) {
	owner, err := sched.OrBackground(h)
	if err != nil {
		socket.Close(fd)
		return nil, err
	}
	c := &Conn{}
	c.describe(network)
	c.d.OnClose = onClose
	if err := c.d.Watch(owner, fd); err != nil {
		socket.Close(fd)
		return nil, err
	}
	return c, nil
}

func (c *Conn) describe(network string) {
	c.network = network
	c.d.ShortReadDrains = socket.SeesUrgent && strings.HasPrefix(network, "tcp")
	c.isDgram = strings.HasPrefix(network, "udp") || network == "unixgram" || network == "unixpacket"
}

//go:noinline
func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.local, Addr: c.remote, Err: err}
}

func (c *Conn) writeMessage(h *sched.Hub, p []byte) (int, error) { return c.d.WriteTo(h, p, nil) }

func (c *Conn) readMessage(h *sched.Hub, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, c.d.CheckOpen() // as of a stream: no message is taken, and lost
	}
	from := newPacketAddr()
	n, err := c.d.ReadFrom(h, p, from)
	freePacketAddr(from)
	if n == 0 && err == nil && c.network == "unixpacket" {
		err = io.EOF
	}
	return n, err
}

func (c *Conn) close() error {
	if !c.d.Close(sched.Here()) {
		return c.opError("close", net.ErrClosed)
	}
	return nil
}

func (c *Conn) localAddr() net.Addr  { return c.local }
func (c *Conn) remoteAddr() net.Addr { return c.remote }

func (c *Conn) setDeadline(t time.Time) error {
	return c.opError("set", c.d.SetDeadline(t, &c.d.Rd, &c.d.Wr))
}

func (c *Conn) setReadDeadline(t time.Time) error {
	return c.opError("set", c.d.SetDeadline(t, &c.d.Rd))
}

func (c *Conn) setWriteDeadline(t time.Time) error {
	return c.opError("set", c.d.SetDeadline(t, &c.d.Wr))
}

func (c *Conn) setIdleTimeout(d time.Duration) error {
	c.d.Mu.Lock()
	defer c.d.Mu.Unlock()
	if c.d.Closing {
		return c.opError("set", net.ErrClosed)
	}
	c.d.Idle = max(int64(d), 0)
	return nil
}

func (c *Conn) closeRead() error  { return c.shutdown(unix.SHUT_RD) }
func (c *Conn) closeWrite() error { return c.shutdown(unix.SHUT_WR) }

func (c *Conn) shutdown(how int) error {
	return c.opError("close", c.d.Control("shutdown", func(fd int) error { return unix.Shutdown(fd, how) }))
}

func (c *Conn) setNoDelay(on bool) error {
	return c.setOption(unix.IPPROTO_TCP, unix.TCP_NODELAY, asInt(on))
}

func (c *Conn) setKeepAlive(on bool) error {
	return c.setOption(unix.SOL_SOCKET, unix.SO_KEEPALIVE, asInt(on))
}

func (c *Conn) setKeepAlivePeriod(d time.Duration) error {
	return c.opError("set", c.d.Control("setsockopt", func(fd int) error { return setKeepAlivePeriod(fd, d) }))
}

func (c *Conn) setLinger(sec int) error {
	l := unix.Linger{Onoff: 1, Linger: int32(sec)}
	if sec < 0 {
		l = unix.Linger{}
	}
	return c.opError("set", c.d.Control("setsockopt", func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l)
	}))
}

func (c *Conn) setReadBuffer(bytes int) error {
	return c.setOption(unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
}

func (c *Conn) setWriteBuffer(bytes int) error {
	return c.setOption(unix.SOL_SOCKET, unix.SO_SNDBUF, bytes)
}

func (c *Conn) setOption(level, name, value int) error {
	return c.opError("set", c.d.Control("setsockopt", func(fd int) error {
		return unix.SetsockoptInt(fd, level, name, value)
	}))
}

func (c *Conn) syscallConn() (syscall.RawConn, error) {
	if err := c.d.CheckOpen(); err != nil {
		return nil, c.opError("raw-control", err)
	}
	return fd.NewRawConn(&c.d, c.opError), nil
}

func (c *Conn) file() (*os.File, error) {
	f, err := c.d.File("socket")
	return f, c.opError("file", err)
}

func asInt(on bool) int {
	if on {
		return 1
	}
	return 0
}
