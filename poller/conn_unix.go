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

// A Conn is a connection: TCP, a Unix socket, or a datagram socket with a fixed
// peer. It is a net.Conn, with the further methods of net.TCPConn.
//
// Read and Write park the task that calls them, and block a goroutine that is in
// no task. All methods may be called from any goroutine, and at once; several
// Reads are served in order, and so are several Writes, each as a whole.
type Conn struct {
	d       fd.FD
	network string
	local   net.Addr
	remote  net.Addr
	isDgram bool
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

// Read reads at least one byte, waiting until there is one. At the end of the
// stream it returns io.EOF, bare; all other errors are *net.OpError, with
// os.ErrDeadlineExceeded or net.ErrClosed inside if that is the cause.
func (c *Conn) Read(p []byte) (int, error) {
	if c.isDgram {
		return c.readMessage(p)
	}
	n, err := c.d.Read(sched.Here(), p)
	if err != nil {
		err = c.opError("read", err)
	}
	return n, err
}

// readMessage is Read of a datagram socket.
func (c *Conn) readMessage(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, c.opError("read", c.d.CheckOpen()) // as of a stream: no message is taken, and lost
	}
	var sa socket.Sockaddr
	n, err := c.d.ReadFrom(sched.Here(), p, &sa)
	if n == 0 && err == nil && c.network == "unixpacket" {
		err = io.EOF
	}
	return n, c.opError("read", err)
}

// Write writes all of p, waiting until the kernel has taken it. Nothing is kept in
// this process: what Write has not reported as written, the peer will not get.
func (c *Conn) Write(p []byte) (int, error) {
	h := sched.Here()
	var n int
	var err error
	if c.isDgram {
		n, err = c.d.WriteTo(h, p, nil)
	} else {
		n, err = c.d.Write(h, p)
	}
	if err != nil {
		err = c.opError("write", err)
	}
	return n, err
}

// WaitReadable waits until Read would not wait, so that a buffer need not be
// held meanwhile. An end of the stream or an error to be read counts.
func (c *Conn) WaitReadable() error {
	return c.opError("wait", c.d.WaitReadable(sched.Here()))
}

// Close closes the connection. Calls that wait on it, in any task or goroutine,
// return net.ErrClosed; so does a second Close.
func (c *Conn) Close() error {
	if !c.d.Close(sched.Here()) {
		return c.opError("close", net.ErrClosed)
	}
	return nil
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets the instant after which Read and Write fail with
// os.ErrDeadlineExceeded, those that wait now included. The zero Time means never.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.opError("set", c.d.SetDeadline(t, &c.d.Rd, &c.d.Wr))
}

// SetReadDeadline is SetDeadline for Read.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.opError("set", c.d.SetDeadline(t, &c.d.Rd))
}

// SetWriteDeadline is SetDeadline for Write.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.opError("set", c.d.SetDeadline(t, &c.d.Wr))
}

// CloseRead shuts down the reading side.
func (c *Conn) CloseRead() error { return c.shutdown(unix.SHUT_RD) }

// CloseWrite shuts down the writing side: the peer reads to the end of the stream,
// and may go on writing.
func (c *Conn) CloseWrite() error { return c.shutdown(unix.SHUT_WR) }

func (c *Conn) shutdown(how int) error {
	return c.opError("close", c.d.Control("shutdown", func(fd int) error { return unix.Shutdown(fd, how) }))
}

// SetNoDelay says whether small writes are sent at once; they are unless it is
// set to false.
func (c *Conn) SetNoDelay(on bool) error {
	return c.setOption(unix.IPPROTO_TCP, unix.TCP_NODELAY, asInt(on))
}

// SetKeepAlive says whether the system probes an idle connection.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.setOption(unix.SOL_SOCKET, unix.SO_KEEPALIVE, asInt(on))
}

// SetKeepAlivePeriod sets the time of idleness before the first probe, and
// between probes, rounded up to seconds.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.opError("set", c.d.Control("setsockopt", func(fd int) error { return setKeepAlivePeriod(fd, d) }))
}

// SetLinger says what Close does with data that is not sent yet: with a negative
// sec the system sends it later, with 0 it is dropped and the connection reset.
func (c *Conn) SetLinger(sec int) error {
	l := unix.Linger{Onoff: 1, Linger: int32(sec)}
	if sec < 0 {
		l = unix.Linger{}
	}
	return c.opError("set", c.d.Control("setsockopt", func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l)
	}))
}

// SetReadBuffer sets the size of the system's receive buffer, in bytes.
func (c *Conn) SetReadBuffer(bytes int) error {
	return c.setOption(unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
}

// SetWriteBuffer sets the size of the system's send buffer, in bytes.
func (c *Conn) SetWriteBuffer(bytes int) error {
	return c.setOption(unix.SOL_SOCKET, unix.SO_SNDBUF, bytes)
}

func (c *Conn) setOption(level, name, value int) error {
	return c.opError("set", c.d.Control("setsockopt", func(fd int) error {
		return unix.SetsockoptInt(fd, level, name, value)
	}))
}

// SyscallConn gives access to the descriptor. Do not put it into blocking mode.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if err := c.d.CheckOpen(); err != nil {
		return nil, c.opError("raw-control", err)
	}
	return fd.NewRawConn(&c.d, c.opError), nil
}

// File returns a copy of the descriptor, which the caller must close. The
// connection is not affected by it; but both share one non-blocking mode. What Fd of
// the copy does to that makes no difference on Linux, see FileConn.
func (c *Conn) File() (*os.File, error) {
	f, err := c.d.File("socket")
	return f, c.opError("file", err)
}

func asInt(on bool) int {
	if on {
		return 1
	}
	return 0
}
