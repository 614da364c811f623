package poller

import (
	"net"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/simnet"
)

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
