package poller

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Dial connects to the address on the network: "tcp", "udp", with "4" or "6" to
// choose, "unix", "unixgram" or "unixpacket". The connection is a *Conn; but of "udp"
// and "unixgram" one of another type, which has the methods of Conn and is a
// net.PacketConn, too. Names are resolved by net.DefaultResolver. If a name has
// several addresses, connecting to the next begins before the one before it has
// failed, see Dialer.FallbackDelay.
//
// It parks the task that calls it, and blocks a goroutine that is in no task.
// Errors are *net.OpError, as from net.Dial.
func Dial(network, address string) (net.Conn, error) {
	return new(Dialer).DialContext(context.Background(), network, address)
}

// DialTimeout is Dial with a limit for name resolution and connecting together.
func DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	d := Dialer{Timeout: timeout}
	return d.DialContext(context.Background(), network, address)
}

// A Dialer has the settings of a dial. Dial uses the zero Dialer. It may be used by several
// callers at once, as long as it is not changed.
type Dialer struct {
	// Timeout and Deadline limit a dial with all its parts; zero means no limit.
	Timeout  time.Duration
	Deadline time.Time

	// LocalAddr is this end's address, of the type that fits the network; nil
	// leaves the choice to the system.
	LocalAddr net.Addr

	// KeepAlive is the idle time after which a TCP connection is probed: 15 s if
	// it is zero, never if it is negative.
	KeepAlive time.Duration

	// FallbackDelay is how long an attempt to connect to one address of a name has
	// before that to the next begins: 300 ms if it is zero. IPv6 and IPv4 take
	// turns, and the first that connects is the result (RFC 8305, "Happy
	// Eyeballs"). If it is negative, each attempt begins when the one before it has
	// failed.
	FallbackDelay time.Duration

	// Resolver resolves names; nil means net.DefaultResolver.
	Resolver *net.Resolver

	// Control, if not nil, is called after the socket is made and before it is bound.
	Control func(network, address string, c syscall.RawConn) error
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialConn is DialContext with the type *Conn, for "tcp", "unix" and "unixpacket" (of datagrams
// Dial's result is another). It is for sockets of the system: in a simulation the error is
// ErrSimulated.
func (d *Dialer) DialConn(ctx context.Context, network, address string) (*Conn, error) {
	if err := sched.RefuseSimulated("DialConn"); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	switch network {
	case "tcp", "tcp4", "tcp6", "unix", "unixpacket":
	default:
		return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)}
	}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c.(*Conn), nil
}

// DialContext connects, and gives up when ctx is done. Of several addresses of a
// name it returns the first that connects, see FallbackDelay; attempts at others are
// closed. If none does, the error is that of the first that failed.
//
// If the task is interrupted, by Kill or WithTimeout, all attempts are closed and the
// look-up of the name is cancelled.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if s := CurrentSim(); s != nil {
		return s.dial(ctx, d, network, address)
	}
	ctx, cancel := d.limit(ctx)
	defer cancel()
	var c *Conn
	var err error
	if strings.HasPrefix(network, "unix") {
		c, err = d.dialUnix(ctx, network, address)
	} else {
		c, err = d.dialAddr(ctx, network, address)
	}
	if err == nil {
		return asDialed(network, c), nil
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return nil, err
	}
	op = &net.OpError{Op: "dial", Net: network, Err: err}
	if strings.HasPrefix(network, "unix") {
		op.Addr = &net.UnixAddr{Name: address, Net: network}
	}
	return nil, op
}

func (d *Dialer) fallbackDelay() time.Duration {
	if d.FallbackDelay == 0 {
		return 300 * time.Millisecond
	}
	return d.FallbackDelay
}

// limit applies Timeout and Deadline to ctx.
func (d *Dialer) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := d.Deadline
	if d.Timeout > 0 {
		if t := time.Now().Add(d.Timeout); deadline.IsZero() || t.Before(deadline) {
			deadline = t
		}
	}
	if deadline.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline)
}

// contextError returns the error with which package net's Dial ends when its context does.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errDialTimeout
	}
	return errDialCanceled
}

var (
	errDialTimeout  = dialTimeout{}
	errDialCanceled = dialCanceled{}
)

// A dialTimeout is the error of a dial that has reached its limit.
type dialTimeout struct{}

func (dialTimeout) Error() string   { return "i/o timeout" }
func (dialTimeout) Timeout() bool   { return true }
func (dialTimeout) Temporary() bool { return true }
func (dialTimeout) Is(err error) bool {
	return err == context.DeadlineExceeded || err == os.ErrDeadlineExceeded
}

// A dialCanceled is the error of a dial whose context was canceled.
type dialCanceled struct{}

func (dialCanceled) Error() string     { return "operation was canceled" }
func (dialCanceled) Is(err error) bool { return err == context.Canceled }
