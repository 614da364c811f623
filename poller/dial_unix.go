//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// dialTries is how often a TCP dial is made anew that ended in the socket talking
// to itself.
const dialTries = 3

func (d *Dialer) dialIP(ctx context.Context, network string, ap netip.AddrPort, at int64) (*Conn, error) {
	h := currentHub()
	for try := 1; ; try++ {
		c, err := d.tryIP(ctx, h, network, ap, at)
		switch {
		case err != nil:
			return nil, err
		case !isSelfConnected(c.local, c.remote) || d.LocalAddr != nil:
			return c, nil
		}
		c.Close()
		if try == dialTries {
			return nil, unix.ECONNREFUSED
		}
	}
}

func (d *Dialer) tryIP(ctx context.Context, h *hub, network string, ap netip.AddrPort, at int64) (*Conn, error) {
	f := familyOf(network, ap.Addr(), false)
	var sa rawSockaddr
	if err := sa.setIP(f.domain, ap); err != nil {
		return nil, err
	}
	fd, err := newSocket(f)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(network, "tcp") {
		setTCPDefaults(fd, d.KeepAlive)
	}
	if err = control(d.Control, network, ap.String(), fd); err == nil {
		err = d.bindLocal(f, fd)
	}
	if err != nil {
		closeFD(fd)
		return nil, err
	}
	c := &Conn{}
	c.describe(network)
	if err := c.d.connect(ctx, h, fd, &sa, at); err != nil {
		return nil, err
	}
	c.local = localAddr(fd, network)
	c.remote = sa.addr(network)
	return c, nil
}

func (d *Dialer) bindLocal(f family, fd int) error {
	var ap netip.AddrPort
	switch a := d.LocalAddr.(type) {
	case nil:
		return nil
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	default:
		return &net.AddrError{Err: "mismatched local address type", Addr: d.LocalAddr.String()}
	}
	var sa rawSockaddr
	if err := sa.setIP(f.domain, ap); err != nil {
		return err
	}
	return bind(fd, &sa)
}

func (d *Dialer) dialUnix(ctx context.Context, network, address string) (*Conn, error) {
	switch network {
	case "unix", "unixgram", "unixpacket":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	f := family{domain: unix.AF_UNIX, kind: unixKind(network)}
	var sa rawSockaddr
	if err := sa.setUnix(address); err != nil {
		return nil, err
	}
	fd, err := newSocket(f)
	if err != nil {
		return nil, err
	}
	if local, ok := d.LocalAddr.(*net.UnixAddr); ok {
		var sa rawSockaddr
		if err = sa.setUnix(local.Name); err == nil {
			err = bind(fd, &sa)
		}
	}
	if err == nil {
		err = control(d.Control, network, address, fd)
	}
	if err != nil {
		closeFD(fd)
		return nil, err
	}
	h := currentHub()
	for delay := acceptDelayLeast; ; delay = min(2*delay, acceptDelayMost) {
		c := &Conn{}
		c.describe(network)
		err := c.d.connectUnix(ctx, h, fd, &sa)
		if err == unix.EAGAIN { // the listener's queue is full; the kernel does not tell when it is not
			Sleep(delay)
			if ctx.Err() == nil {
				continue
			}
			err = contextError(ctx)
			closeFD(fd)
		}
		if err != nil {
			return nil, err
		}
		c.local = localAddr(fd, network)
		c.remote = sa.addr(network)
		return c, nil
	}
}

// connectUnix is connect, which for a Unix socket succeeds, fails, or is refused
// with EAGAIN for lack of room; then fd is still open.
func (d *desc) connectUnix(ctx context.Context, h *hub, fd int, sa *rawSockaddr) error {
	if errno := sys.connect(fd, sa); errno == unix.EAGAIN {
		return errno
	} else if errno != 0 {
		return d.connect(ctx, h, fd, sa, noInstant) // to say it in words
	}
	owner, err := hubOrBackground(h)
	if err == nil {
		err = d.watch(owner, fd)
	}
	if err != nil {
		closeFD(fd)
	}
	return err
}
