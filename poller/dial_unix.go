//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

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
	c := &Conn{}
	c.describe(network)
	defer func() {
		if c.remote == nil { // it has failed, or was interrupted
			closeFD(fd)
		}
	}()
	if local, ok := d.LocalAddr.(*net.UnixAddr); ok {
		var sa rawSockaddr
		if err := sa.setUnix(local.Name); err != nil {
			return nil, err
		}
		if err := bind(fd, &sa); err != nil {
			return nil, err
		}
	}
	if err := control(d.Control, network, address, fd); err != nil {
		return nil, err
	}
	if err := connectUnix(ctx, fd, &sa); err != nil {
		return nil, err
	}
	owner, err := hubOrBackground(currentHub())
	if err == nil {
		err = c.d.watch(owner, fd)
	}
	if err != nil {
		return nil, err
	}
	c.local = localAddr(fd, network)
	c.remote = sa.addr(network)
	return c, nil
}

// connectUnix connects fd to sa. When the listener's queue is full, it tries again,
// and waits longer each time: the kernel does not tell when there is room.
func connectUnix(ctx context.Context, fd int, sa *rawSockaddr) error {
	var done Event
	for delay := acceptDelayLeast; ; delay = min(2*delay, acceptDelayMost) {
		switch errno := sys.connect(fd, sa); errno {
		case 0:
			return nil
		case unix.EINTR:
			continue
		case unix.EAGAIN:
		default:
			return os.NewSyscallError("connect", errno)
		}
		stop := context.AfterFunc(ctx, done.Set)
		func() {
			defer stop()
			done.WaitTimeout(delay)
		}()
		if err := ctx.Err(); err != nil {
			return contextError(err)
		}
	}
}
