package poller

import (
	"context"
	"net"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Listen announces on the local address: network is "tcp", "tcp4", "tcp6",
// "unix" or "unixpacket". The result is a *Listener, which belongs to the calling
// task's hub and is closed at the end of its Run.
func Listen(network, address string) (net.Listener, error) {
	return new(ListenConfig).Listen(context.Background(), network, address)
}

// ListenPacket announces on the local address: network is "udp", "udp4", "udp6"
// or "unixgram". The result is a *PacketConn.
func ListenPacket(network, address string) (net.PacketConn, error) {
	return new(ListenConfig).ListenPacket(context.Background(), network, address)
}

// A ListenConfig has the settings of a listener. Listen uses the zero ListenConfig.
//
// On systems without a readiness backend no limit is the default, and ReusePort, MaxConns,
// AcceptRate, HeaderTimeout and IdleTimeout make Listen fail with an *UnsupportedError.
type ListenConfig struct {
	// ReusePort lets several listeners have one address, on one hub each. Linux,
	// FreeBSD and DragonFly spread the connections over them; on macOS, NetBSD and
	// OpenBSD one of them may get everything; elsewhere it is an error.
	ReusePort bool

	// Backlog is how many connections may wait to be accepted; 0 asks for as many
	// as the system allows.
	Backlog int

	// KeepAlive is the idle time after which a TCP connection is probed: 15 s if
	// it is zero, never if it is negative.
	KeepAlive time.Duration

	// MaxConns is how many connections of the listener may be open at once. While
	// there are as many, Accept waits until one is closed, and further ones wait in
	// the system's queue, see Backlog. Zero means three quarters of the descriptors
	// that the process may have open, so that a flood of connections leaves some for
	// files, dials and look-ups; negative means no limit.
	MaxConns int

	// AcceptRate is how many connections Accept returns in a second, but for bursts of a
	// tenth of it; zero means no limit.
	AcceptRate int

	// HeaderTimeout sets the read deadline of each accepted connection: the peer's first
	// request must be complete by then, at whatever rate it is sent. The deadline is in
	// force until SetReadDeadline or SetDeadline sets another. Zero means none.
	HeaderTimeout time.Duration

	// IdleTimeout is the idle timeout of each accepted connection, see Conn.SetIdleTimeout.
	// Zero means no limit.
	IdleTimeout time.Duration

	// Control, if not nil, is called after the socket is made and before it is bound.
	Control func(network, address string, c syscall.RawConn) error
}

// Listen is the function Listen with the settings of lc. ctx is for resolving
// the address.
func (lc *ListenConfig) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	switch network {
	case "tcp", "tcp4", "tcp6", "unix", "unixpacket":
		if s := CurrentSim(); s != nil {
			return s.listen(lc, network, address)
		}
		return lc.listen(ctx, network, address)
	}
	return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
}

// OpenListener is Listen with the result's own type, for its methods that net.Listener has not.
// It is for sockets of the system: in a simulation the error is ErrSimulated.
func (lc *ListenConfig) OpenListener(ctx context.Context, network, address string) (*Listener, error) {
	if err := sched.RefuseSimulated("OpenListener"); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	l, err := lc.Listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return l.(*Listener), nil
}

// OpenPacketConn is ListenPacket with the result's own type, as OpenListener is Listen.
func (lc *ListenConfig) OpenPacketConn(ctx context.Context, network, address string) (*PacketConn, error) {
	if err := sched.RefuseSimulated("OpenPacketConn"); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	c, err := lc.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c.(*PacketConn), nil
}

// ListenPacket is the function ListenPacket with the settings of lc.
func (lc *ListenConfig) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	switch network {
	case "udp", "udp4", "udp6", "unixgram":
		if s := CurrentSim(); s != nil {
			return s.listenPacket(lc, network, address)
		}
		return lc.listenPacket(ctx, network, address)
	}
	return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
}
