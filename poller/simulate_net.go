package poller

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/simnet"
)

// dial is Dialer.DialContext.
func (s *Sim) dial(ctx context.Context, d *Dialer, network, address string) (net.Conn, error) {
	c, err := s.dialHost(ctx, d, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addrForError(network, address), Err: err}
	}
	return c, nil
}

func (s *Sim) dialHost(ctx context.Context, d *Dialer, network, address string) (net.Conn, error) {
	if err := simnet.CheckNetwork(network); err != nil {
		return nil, err
	}
	at, err := s.dialLimit(ctx, d)
	if err != nil {
		return nil, err
	}
	c, err := s.net.Dial(ctx, network, address, d.LocalAddr, at)
	switch err {
	case nil:
		return c, nil
	case simnet.ErrDialLimit:
		return nil, errDialTimeout
	case context.Canceled, context.DeadlineExceeded:
		return nil, contextError(err)
	}
	return nil, err
}

// dialLimit returns the limit of a dial, sched.Never if there is none, or an error if a setting
// is not simulated.
func (s *Sim) dialLimit(ctx context.Context, d *Dialer) (int64, error) {
	at := int64(sched.Never)
	if !d.Deadline.IsZero() {
		if err := sched.CheckSimulatedTime(d.Deadline); err != nil {
			return 0, err
		}
		at = sched.InstantOf(d.Deadline)
	}
	if d.Timeout > 0 {
		if limit := sched.After(d.Timeout); at == sched.Never || limit < at {
			at = limit
		}
	}
	switch {
	case ctx.Err() != nil:
		return 0, contextError(ctx.Err())
	case d.Control != nil:
		return 0, sched.RefuseSimulated("Control, which needs a descriptor")
	case at != sched.Never && at <= s.v.Now:
		return 0, errDialTimeout
	}
	return at, s.v.CheckContext(ctx)
}

// listen is ListenConfig.Listen.
func (s *Sim) listen(lc *ListenConfig, network, address string) (net.Listener, error) {
	err := lc.simulable(network)
	if err == nil {
		var l *simnet.Listener
		if l, err = s.net.Listen(network, address, lc.Backlog); err == nil {
			return l, nil
		}
	}
	return nil, &net.OpError{Op: "listen", Net: network, Addr: addrForError(network, address), Err: err}
}

// listenPacket is ListenConfig.ListenPacket.
func (s *Sim) listenPacket(lc *ListenConfig, network, address string) (net.PacketConn, error) {
	err := lc.simulable(network)
	if err == nil {
		var c *simnet.PacketConn
		if c, err = s.net.ListenPacket(network, address); err == nil {
			return c, nil
		}
	}
	return nil, &net.OpError{Op: "listen", Net: network, Addr: addrForError(network, address), Err: err}
}

// simulable returns an error for settings that are not simulated.
func (lc *ListenConfig) simulable(network string) error {
	if err := simnet.CheckNetwork(network); err != nil {
		return err
	}
	switch {
	case lc.Control != nil:
		return sched.RefuseSimulated("Control, which needs a descriptor")
	case lc.ReusePort || lc.MaxConns > 0 || lc.AcceptRate > 0 || lc.HeaderTimeout > 0 || lc.IdleTimeout > 0:
		return sched.RefuseSimulated("limits of a ListenConfig")
	}
	return nil
}

// Go starts f as a task on the named host, which it starts if there is none yet, or if it
// has crashed. Tasks that f starts are on the same host. All other tasks are on the host
// "main". A host has a name, by which it is dialled, an address, see IP, ports, and tasks;
// it shares the memory of the program.
func (s *Sim) Go(host string, f func()) *Task { return (*Task)(s.net.Go(host, f)) }

// IP returns the address of a host: IPv4, from 10.0.0.0/8.
func (s *Sim) IP(host string) netip.Addr { return s.net.IP(host) }

// Crash stops a host, as a loss of power does: its tasks are killed, it sends nothing more,
// its connections and ports are gone, and its peers are not told. Crash waits until the
// tasks have ended, whose deferred calls run, and then panics with ErrKilled if the caller
// is one of them. Go starts the host again, without connections. A peer that then sends on
// a lost connection gets ECONNRESET; a peer that only waits, ETIMEDOUT after two minutes.
func (s *Sim) Crash(host string) { s.net.Crash(host) }

// SetLatency sets the range of a packet's latency, which is drawn at random between least
// and most. At first it is 0.5 to 1.5 ms. Packets that have been sent already are not
// affected. It panics unless 0 <= least <= most.
func (s *Sim) SetLatency(least, most time.Duration) { s.net.SetLatency(least, most) }

// SetLoss sets the chance that a UDP datagram is lost, from 0 to 1, and the chance that
// it comes twice; both are 0 at first. (Datagrams may come in another order in any case,
// if latencies differ. TCP segments come all, once, and in order.)
func (s *Sim) SetLoss(lost, doubled float64) { s.net.SetLoss(lost, doubled) }

// Partition cuts two hosts off from each other until Heal: datagrams between them are lost,
// and segments of TCP connections are delayed. If it lasts for two minutes, connections
// between them end with ETIMEDOUT, as dials do.
func (s *Sim) Partition(a, b string) { s.net.Partition(a, b) }

// Heal ends a Partition.
func (s *Sim) Heal(a, b string) { s.net.Heal(a, b) }

// Reset resets all TCP connections between two hosts, as a firewall does that has lost
// its memory: both ends get ECONNRESET.
func (s *Sim) Reset(a, b string) { s.net.Reset(a, b) }
