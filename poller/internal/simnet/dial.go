package simnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

const (
	defaultBacklog = 128         // of a listener without one of its own
	retrySYN       = time.Second // between a SYN that a full backlog has dropped and its repetition
)

// CheckNetwork returns an error for a network that is not simulated.
func CheckNetwork(network string) error {
	switch network {
	case "tcp", "tcp4", "udp", "udp4":
		return nil
	case "tcp6", "udp6":
		return &net.AddrError{Err: "no suitable address found", Addr: "simulated hosts have IPv4 only"}
	case "unix", "unixgram", "unixpacket":
		return sched.RefuseSimulated(network + " sockets")
	}
	return net.UnknownNetworkError(network)
}

// here returns the host of the caller: Main if its task is on none. It returns an error if the
// host has crashed since the task was started.
func (n *Net) here() (*Host, error) {
	p := place{n.Main, n.Main.boots}
	if t := n.v.H.Current; t != nil && placeOf(t).host != nil {
		p = placeOf(t)
	}
	if !p.isUp() {
		return nil, ErrDown
	}
	return p.host, nil
}

// ErrDialLimit is the error of a dial that has ended at its limit. Package poller replaces it
// by its own timeout error.
var ErrDialLimit = errors.New("poller: BUG: a dial's limit not translated")

// Dial connects to address from the host of the caller. local is the local address to use, nil
// for any; at is the dial's limit, at which the error is ErrDialLimit, or sched.Never for
// PeerTimeout alone. If ctx is done before, the error is ctx's.
func (s *Net) Dial(ctx context.Context, network, address string, local net.Addr, at int64) (net.Conn, error) {
	to, err := s.resolve(address)
	if err != nil {
		return nil, err
	}
	from, err := localAddr(local)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(network, "udp") {
		c, err := s.dialPacket(from, to)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	c, err := s.dial(ctx, from, to, at)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// localAddr returns the local address a, the zero AddrPort if it is nil.
func localAddr(a net.Addr) (netip.AddrPort, error) {
	var ap netip.AddrPort
	switch a := a.(type) {
	case nil:
		return ap, nil
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	default:
		return ap, &net.AddrError{Err: "mismatched local address type", Addr: a.String()}
	}
	if !ap.Addr().IsValid() { // a port alone
		return netip.AddrPortFrom(anyIP, ap.Port()), nil
	}
	return netip.AddrPortFrom(unmapped(ap.Addr()), ap.Port()), nil
}

// dial is Dial for TCP. from is the zero AddrPort, or an address of the caller's host, or anyIP.
func (s *Net) dial(ctx context.Context, from, to netip.AddrPort, at int64) (*Conn, error) {
	here, err := s.here()
	if err != nil {
		return nil, err
	}
	if from.IsValid() && !here.owns(from.Addr()) {
		return nil, os.NewSyscallError("bind", ErrNotMine)
	}
	host, from, to, err := s.route(here, from, to)
	if err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	if from.Port() == 0 {
		port, err := here.freePort(func(uint16) bool { return false })
		if err != nil {
			return nil, err
		}
		from = netip.AddrPortFrom(from.Addr(), port)
	} else if s.isUsed(here, from) {
		return nil, os.NewSyscallError("bind", ErrInUse)
	}
	c := newConn(here, from, host, to)
	if err := c.connect(ctx, at); err != nil {
		return nil, err
	}
	return c, nil
}

// isUsed reports whether a listener or a connection of host has the address.
func (s *Net) isUsed(host *Host, local netip.AddrPort) bool {
	if _, ok := host.listeners.at(local); ok {
		return true
	}
	for _, c := range s.Conns {
		if c.host == host && c.local == local && !c.isGone() {
			return true
		}
	}
	return false
}

// connect sends the SYN and parks until the answer arrives, limit, PeerTimeout, or the end of
// ctx. If the connection is not made, c has been closed.
func (c *Conn) connect(ctx context.Context, limit int64) error {
	h, err := c.s.enter()
	if err != nil {
		return err
	}
	at, late := sched.After(PeerTimeout), error(os.NewSyscallError("connect", ErrTimeout))
	if limit != sched.Never && limit < at {
		at, late = limit, ErrDialLimit
	}
	done := ctx.Done()
	c.out.send(segSYN, "")
	for !c.established && c.err == nil && err == nil {
		w := sched.BeginWait(h, sched.ParkWrite)
		c.wr.io.Push(&w.Node)
		c.s.v.WatchContext(done, w)
		err = sched.ParkQueued(h, sched.NoLock{}, &w.Node, at)
		c.s.v.UnwatchContext(w)
	}
	switch {
	case err == sched.ErrInterrupted:
		c.abandon()
		sched.Raise(h, err)
	case c.err != nil:
		return os.NewSyscallError("connect", c.err)
	case c.established:
		return nil
	}
	c.abandon()
	switch err {
	case context.Canceled:
		return ctx.Err()
	case os.ErrDeadlineExceeded:
		return late
	}
	return err
}

// abandon ends c, which the caller of Dial does not get. If it is not connected by now, nothing
// is sent: the other end, if there is one, gets a RST for the first segment that it sends.
func (c *Conn) abandon() {
	c.out.drop()
	c.abrupt = true
	c.Close()
}
