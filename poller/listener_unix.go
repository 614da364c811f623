//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// backlogMost asks for the longest queue that the system allows, which lowers it to its limit.
const backlogMost = 65535

// A listenerFD is the descriptor of a Listener, with its address and settings.
type listenerFD struct {
	d       fd.FD
	network string
	addr    net.Addr
	local   net.Addr // of every connection, if the listener has one address
	path    string   // to be removed by Close
	keep    atomic.Bool
	limits  limits

	keepAlive time.Duration // of connections that do not inherit it
}

func (lc *ListenConfig) listen(ctx context.Context, network, address string) (net.Listener, error) {
	l := &Listener{listenerFD{network: network}}
	fd, err := lc.open(ctx, network, address, true)
	if err == nil {
		err = l.start(lc, fd, address)
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addrForError(network, address), Err: err}
	}
	return l, nil
}

// open makes a socket with a local address.
func (lc *ListenConfig) open(ctx context.Context, network, address string, listening bool) (int, error) {
	var sa socket.Sockaddr
	var f socket.Family
	if strings.HasPrefix(network, "unix") {
		f = socket.Family{Domain: unix.AF_UNIX, Kind: socket.UnixKind(network)}
		if err := sa.SetUnix(address); err != nil {
			return -1, err
		}
	} else {
		all, err := resolve(ctx, nil, network, address)
		if err != nil {
			return -1, err
		}
		ap := preferIPv4(all)
		f = socket.FamilyOf(network, ap.Addr(), true)
		if err := sa.SetIP(f.Domain, ap); err != nil {
			return -1, err
		}
	}
	fd, err := socket.New(f)
	if err != nil {
		return -1, err
	}
	if f.Domain != unix.AF_UNIX && listening {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if lc.ReusePort {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, socket.ReusePort, 1); err != nil {
			socket.Close(fd)
			return -1, os.NewSyscallError("setsockopt", err)
		}
	}
	if err = socket.Control(lc.Control, network, address, fd); err == nil {
		err = socket.Bind(fd, &sa)
	}
	if err != nil {
		socket.Close(fd)
		return -1, err
	}
	return fd, nil
}

// start makes fd listen, and watches it.
func (l *Listener) start(lc *ListenConfig, fd int, address string) error {
	l.limits.init(lc)
	if strings.HasPrefix(l.network, "tcp") {
		setTCPDefaults(fd, lc.KeepAlive)
		l.keepAlive = lc.KeepAlive
	}
	backlog := lc.Backlog
	if backlog <= 0 {
		backlog = backlogMost
	}
	err := os.NewSyscallError("listen", unix.Listen(fd, backlog))
	if err == nil {
		l.describe(fd, address)
		var h *sched.Hub
		if h, err = sched.OrBackground(sched.Here()); err == nil {
			err = l.d.Watch(h, fd)
		}
	}
	if err != nil {
		socket.Close(fd)
	}
	return err
}

func (l *Listener) describe(fd int, path string) {
	l.addr = socket.LocalAddr(fd, l.network)
	if a, ok := l.addr.(*net.TCPAddr); ok && !a.IP.IsUnspecified() {
		l.local = a
	}
	if a, ok := l.addr.(*net.UnixAddr); ok {
		l.local = a
		if path != "" && path[0] != '@' {
			l.path = path
		}
	}
}

func (l *Listener) opError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: l.network, Addr: l.addr, Err: err}
}

func (l *Listener) accept(h *sched.Hub) (*Conn, error) {
	if err := l.admit(h); err != nil {
		return nil, err
	}
	admitted := false
	defer func() {
		if !admitted {
			l.limits.leave()
		}
	}()
	var sa socket.Sockaddr
	fd, err := l.d.Accept(h, &sa)
	if err != nil {
		return nil, err
	}
	if !socket.AcceptInherits && strings.HasPrefix(l.network, "tcp") {
		setTCPDefaults(fd, l.keepAlive)
	}
	c, err := newConn(h, fd, l.network, l.limits.onClose)
	if err != nil {
		return nil, err
	}
	admitted = true
	c.remote = sa.Addr(l.network)
	if c.local = l.local; c.local == nil {
		c.local = socket.LocalAddr(fd, l.network)
	}
	if l.limits.idle > 0 {
		c.d.Idle = int64(l.limits.idle)
	}
	if l.limits.header > 0 {
		c.SetReadDeadline(time.Now().Add(l.limits.header))
	}
	return c, nil
}

func (l *Listener) close() error {
	if l.path != "" && !l.keep.Load() && l.d.CheckOpen() == nil {
		unix.Unlink(l.path)
	}
	if !l.d.Close(sched.Here()) {
		return l.opError("close", net.ErrClosed)
	}
	return nil
}

func (l *Listener) localAddr() net.Addr { return l.addr }

func (l *Listener) setDeadline(t time.Time) error {
	return l.opError("set", l.d.SetDeadline(t, &l.d.Rd))
}

func (l *Listener) setUnlinkOnClose(unlink bool) { l.keep.Store(!unlink) }

func (l *Listener) syscallConn() (syscall.RawConn, error) {
	if err := l.d.CheckOpen(); err != nil {
		return nil, l.opError("raw-control", err)
	}
	return fd.NewRawConn(&l.d, l.opError), nil
}

func (l *Listener) file() (*os.File, error) {
	f, err := l.d.File("socket")
	return f, l.opError("file", err)
}

// preferIPv4 chooses the address to listen at, as package net does.
func preferIPv4(all []netip.AddrPort) netip.AddrPort {
	for _, ap := range all {
		if ap.Addr().Is4() {
			return ap
		}
	}
	return all[0]
}
