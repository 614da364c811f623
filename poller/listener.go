package poller

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Listener accepts connections. It is a net.Listener.
//
// Accept parks the task that calls it, and blocks a goroutine that is in no task. All
// methods may be called from any goroutine, and at once. The connection belongs to the hub
// of the caller of Accept.
type Listener struct {
	listenerFD
}

// listenerFD is the platform's part: a descriptor that a hub watches, in
// listener_unix.go, or a listener of package net, in listener_std.go. Each of these
// supplies, as methods of Listener, accept, whose errors opError makes *net.OpError of,
// localAddr, which is Addr, and a method of the same name for each other exported one.

// Accept waits for a connection and returns it, a *Conn.
//
// When there are no descriptors left, Accept does not fail: it waits until one is freed,
// and tries again at intervals of 5 ms up to 1 s; the connection stays in the queue. A
// connection that was reset before it could be accepted is skipped. Accept also waits as
// ListenConfig's MaxConns and AcceptRate say. On systems without a readiness backend it is
// package net's Accept, and fails where that does.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptConn is Accept with the result's own type.
func (l *Listener) AcceptConn() (*Conn, error) {
	c, err := l.accept(sched.Here())
	if err != nil {
		return nil, l.opError("accept", err)
	}
	return c, nil
}

// Close closes the listener. Accept calls that wait return net.ErrClosed. Of a
// Unix socket it removes the file, see SetUnlinkOnClose.
func (l *Listener) Close() error { return l.close() }

// Addr returns the listener's address.
func (l *Listener) Addr() net.Addr { return l.localAddr() }

// SetDeadline sets the instant after which Accept fails with
// os.ErrDeadlineExceeded. The zero Time means never.
func (l *Listener) SetDeadline(t time.Time) error { return l.setDeadline(t) }

// SetUnlinkOnClose sets whether Close removes the file of a Unix socket; the default is
// true.
func (l *Listener) SetUnlinkOnClose(unlink bool) { l.setUnlinkOnClose(unlink) }

// SyscallConn gives access to the descriptor.
func (l *Listener) SyscallConn() (syscall.RawConn, error) { return l.syscallConn() }

// File returns a copy of the descriptor, which the caller must close.
func (l *Listener) File() (*os.File, error) { return l.file() }
