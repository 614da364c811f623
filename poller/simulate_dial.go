package poller

import (
	"context"
	"net"

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
