//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A listenerFD is a listener of package net.
type listenerFD struct {
	std      net.Listener
	hub      *sched.Hub
	deadline atomic.Pointer[time.Time] // nil as long as none was set
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
	return &Listener{listenerFD{std: l, hub: own(l)}}, nil
}

// opError: see Conn.opError.
func (l *Listener) opError(_ string, err error) error { return err }

// A stdDeadliner is a net.Listener whose Accept has a deadline; all of package net's do.
type stdDeadliner interface{ SetDeadline(time.Time) error }

func (l *Listener) accept(h *sched.Hub) (*Conn, error) {
	deadline, _ := l.std.(stdDeadliner)
	abort := func() { deadline.SetDeadline(past) }
	restore := func() { deadline.SetDeadline(deref(l.deadline.Load())) }
	c, err := offloaded(h, abort, restore, l.std.Accept)
	if err != nil {
		return nil, err
	}
	return ownConn(c), nil
}

func (l *Listener) close() error {
	disown(l.hub, l.std)
	return l.std.Close()
}

func (l *Listener) localAddr() net.Addr { return l.std.Addr() }

func (l *Listener) setDeadline(t time.Time) error {
	d, ok := l.std.(stdDeadliner)
	if !ok {
		return fault.Unsupported("SetDeadline")
	}
	l.deadline.Store(&t)
	return d.SetDeadline(t)
}

func (l *Listener) setUnlinkOnClose(unlink bool) {
	// A *net.UnixListener, but for Plan 9, whose has no such method.
	if u, ok := l.std.(interface{ SetUnlinkOnClose(bool) }); ok {
		u.SetUnlinkOnClose(unlink)
	}
}

func (l *Listener) syscallConn() (syscall.RawConn, error) { return stdSyscallConn(l.std) }
func (l *Listener) file() (*os.File, error)               { return stdFile(l.std) }
