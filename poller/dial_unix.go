//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

func (d *Dialer) bindLocal(f socket.Family, sock int) error {
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
	var sa socket.Sockaddr
	if err := sa.SetIP(f.Domain, ap); err != nil {
		return err
	}
	return socket.Bind(sock, &sa)
}

func (d *Dialer) dialUnix(ctx context.Context, network, address string) (*Conn, error) {
	switch network {
	case "unix", "unixgram", "unixpacket":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	f := socket.Family{Domain: unix.AF_UNIX, Kind: socket.UnixKind(network)}
	var sa socket.Sockaddr
	if err := sa.SetUnix(address); err != nil {
		return nil, err
	}
	sock, err := socket.New(f)
	if err != nil {
		return nil, err
	}
	c := &Conn{}
	c.describe(network)
	defer func() {
		if c.remote == nil { // connecting has failed, or was interrupted
			socket.Close(sock)
		}
	}()
	if local, ok := d.LocalAddr.(*net.UnixAddr); ok {
		var sa socket.Sockaddr
		if err := sa.SetUnix(local.Name); err != nil {
			return nil, err
		}
		if err := socket.Bind(sock, &sa); err != nil {
			return nil, err
		}
	}
	if err := socket.Control(d.Control, network, address, sock); err != nil {
		return nil, err
	}
	if err := connectUnix(ctx, sock, &sa); err != nil {
		return nil, err
	}
	owner, err := sched.OrBackground(sched.Here())
	if err == nil {
		err = c.d.Watch(owner, sock)
	}
	if err != nil {
		return nil, err
	}
	c.local = socket.LocalAddr(sock, network)
	c.remote = sa.Addr(network)
	return c, nil
}

// connectUnix connects the socket to sa. When the listener's queue is full, it tries again with
// a back-off: the kernel reports no event when there is room.
func connectUnix(ctx context.Context, sock int, sa *socket.Sockaddr) error {
	var done Event
	for delay := fd.AcceptDelayLeast; ; delay = min(2*delay, fd.AcceptDelayMost) {
		switch errno := socket.Sys.Connect(sock, sa); errno {
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
