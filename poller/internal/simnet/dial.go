package simnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

const (
	firstPort      = 49152       // the first ephemeral port
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

// resolve finds the host and port of an address. isHere reports that the address is a
// loopback or unspecified one, and so means here, the caller's host.
func (n *Net) resolve(here *Host, address string) (host *Host, port uint16, isHere bool, err error) {
	name, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, 0, false, err
	}
	number, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, 0, false, &net.AddrError{Err: "a simulation knows ports by number only", Addr: address}
	}
	port = uint16(number)
	ip, err := netip.ParseAddr(name)
	switch {
	case name == "" || name == "localhost" || err == nil && (ip.IsLoopback() || ip.IsUnspecified()):
		return here, port, true, nil
	case err == nil:
		host = n.byIP(ip.Unmap())
		if host == nil {
			return nil, 0, false, os.NewSyscallError("connect", ErrUnreachable)
		}
	default:
		if host = n.byName[name]; host == nil {
			return nil, 0, false, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
	}
	return host, port, false, nil
}

// freePort returns an ephemeral port for which inUse is false: the next after the last one.
func (host *Host) freePort(inUse func(uint16) bool) (uint16, error) {
	for range 1<<16 - firstPort {
		if host.lastPort++; host.lastPort < firstPort {
			host.lastPort = firstPort
		}
		if !inUse(host.lastPort) {
			return host.lastPort, nil
		}
	}
	return 0, ErrInUse
}

// ErrDialLimit is the error of a dial that has ended at its limit. Package poller replaces it
// by its own timeout error.
var ErrDialLimit = errors.New("poller: BUG: a dial's limit not translated")

// Dial connects to address from the host of the caller. local is the local address to use, nil
// for any; at is the dial's limit, at which the error is ErrDialLimit, or sched.Never for
// PeerTimeout alone. If ctx is done before, the error is ctx's.
func (s *Net) Dial(ctx context.Context, network, address string, local net.Addr, at int64) (net.Conn, error) {
	here, err := s.here()
	if err != nil {
		return nil, err
	}
	host, port, isHere, err := s.resolve(here, address)
	if err != nil {
		return nil, err
	}
	own, err := localPort(here, local)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(network, "udp") {
		c, err := here.listenPacket(own, false)
		if err != nil {
			return nil, err
		}
		c.connect(host, port, isHere)
		return c, nil
	}
	if own == 0 {
		if own, err = here.freePort(func(uint16) bool { return false }); err != nil {
			return nil, err
		}
	}
	c := newConn(here, own, host, port)
	if c.isLoop = isHere; isHere {
		c.local.IP, c.remote.IP = net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 1)
	}
	if err := c.connect(ctx, at); err != nil {
		return nil, err
	}
	return c, nil
}

// localPort returns the port of the local address a; 0 if a leaves the choice to the system.
func localPort(here *Host, a net.Addr) (uint16, error) {
	var ap netip.AddrPort
	switch a := a.(type) {
	case nil:
		return 0, nil
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	default:
		return 0, &net.AddrError{Err: "mismatched local address type", Addr: a.String()}
	}
	if ip := ap.Addr().Unmap(); ip.IsValid() && !ip.IsUnspecified() && !ip.IsLoopback() && ip != here.ip {
		return 0, os.NewSyscallError("bind", ErrNotMine)
	}
	return ap.Port(), nil
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
	c.out.send(segSYN, "")
	for !c.established && c.err == nil && err == nil {
		w := sched.BeginWait(h, sched.ParkWrite)
		c.wr.io.Push(&w.Node)
		c.s.v.WatchContext(ctx, w)
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
