package poller

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Conn is a connection: TCP, a Unix socket, or a datagram socket with a fixed
// peer. It is a net.Conn, with the further methods of net.TCPConn.
//
// Read and Write park the task that calls them, and block a goroutine that is in
// no task. All methods may be called from any goroutine, and at once; several
// Reads are served in order, and so are several Writes, each as a whole.
type Conn struct {
	connFD
	isDgram bool // readMessage and writeMessage are to be called
}

// connFD is the platform's part: a descriptor that a hub watches, in conn_unix.go, or a
// connection of package net, in conn_std.go. Each of these supplies:
//
//   - the field d, an fd.FD or a stdConn, with the methods Read and Write for streams, and
//     WaitReadable. They park, and are called here without a method between: with one frame
//     more, a parked task may need a larger stack.
//   - as methods of Conn, readMessage and writeMessage for datagrams.
//   - opError, which makes a *net.OpError of an error of those, of moveFrom and moveTo,
//     unless it is nil, io.EOF or a *net.OpError of package net already.
//   - a method of the same name for each of the other exported ones, with the same result.
//
// Where the system can move data from one descriptor to another, conn_transfer_*.go
// supplies moveFrom and moveTo.

// Read reads at least one byte, waiting until there is one. At the end of the
// stream it returns io.EOF, bare; all other errors are *net.OpError, with
// os.ErrDeadlineExceeded or net.ErrClosed inside if that is the cause.
func (c *Conn) Read(p []byte) (int, error) {
	h := sched.Here()
	var n int
	var err error
	if c.isDgram {
		n, err = c.readMessage(h, p)
	} else {
		n, err = c.d.Read(h, p)
	}
	if err != nil {
		err = c.opError("read", err)
	}
	return n, err
}

// Write writes all of p, waiting until the kernel has taken it. Nothing is buffered in this
// process: the peer gets only bytes that Write has reported as written.
func (c *Conn) Write(p []byte) (int, error) {
	h := sched.Here()
	var n int
	var err error
	if c.isDgram {
		n, err = c.writeMessage(h, p)
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
//
// On systems without a readiness backend it returns nil at once: they have no way to
// wait without reading, and the next Read waits.
func (c *Conn) WaitReadable() error {
	return c.opError("wait", c.d.WaitReadable(sched.Here()))
}

// Close closes the connection. Calls that wait on it, in any task or goroutine,
// return net.ErrClosed; so does a second Close.
func (c *Conn) Close() error { return c.close() }

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.localAddr() }

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.remoteAddr() }

// SetDeadline sets the instant after which Read and Write fail with os.ErrDeadlineExceeded,
// calls that wait now included. The zero Time means never.
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadline(t) }

// SetReadDeadline is SetDeadline for Read.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setReadDeadline(t) }

// SetWriteDeadline is SetDeadline for Write.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setWriteDeadline(t) }

// SetIdleTimeout limits each wait of Read, Write and WaitReadable: a call fails with
// os.ErrDeadlineExceeded when for d nothing has come, or the peer has taken nothing. Unlike
// a deadline it does not have to be moved from call to call, and costs nothing if no call
// has to wait. Zero means no limit. The connection can be used afterwards.
//
// A peer that sends a byte now and then is not idle: to bound how long a whole message
// takes, set a deadline.
//
// On systems without a readiness backend there is no such limit: a positive d is an
// *UnsupportedError.
func (c *Conn) SetIdleTimeout(d time.Duration) error { return c.setIdleTimeout(d) }

// CloseRead shuts down the reading side.
func (c *Conn) CloseRead() error { return c.closeRead() }

// CloseWrite shuts down the writing side: the peer reads to the end of the stream,
// and may go on writing.
func (c *Conn) CloseWrite() error { return c.closeWrite() }

// SetNoDelay sets whether small writes are sent at once; the default is true.
func (c *Conn) SetNoDelay(on bool) error { return c.setNoDelay(on) }

// SetKeepAlive sets whether the system probes an idle connection.
func (c *Conn) SetKeepAlive(on bool) error { return c.setKeepAlive(on) }

// SetKeepAlivePeriod sets the time of idleness before the first probe, and
// between probes, rounded up to seconds.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error { return c.setKeepAlivePeriod(d) }

// SetLinger chooses the treatment of unsent data at Close: with a negative sec the system
// sends it later, with 0 it is dropped and the connection reset.
func (c *Conn) SetLinger(sec int) error { return c.setLinger(sec) }

// SetReadBuffer sets the size of the system's receive buffer, in bytes.
func (c *Conn) SetReadBuffer(bytes int) error { return c.setReadBuffer(bytes) }

// SetWriteBuffer sets the size of the system's send buffer, in bytes.
func (c *Conn) SetWriteBuffer(bytes int) error { return c.setWriteBuffer(bytes) }

// SyscallConn gives access to the descriptor. Do not put it into blocking mode.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.syscallConn() }

// File returns a copy of the descriptor, which the caller must close. The connection is not
// affected by it; but both share one non-blocking mode. A call of the copy's Fd changes
// that mode; on Linux the connection does not depend on it, see FileConn.
func (c *Conn) File() (*os.File, error) { return c.file() }
