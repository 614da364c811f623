package poller

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
)

// Dial connects to the address on the network: "tcp", "udp", with "4" or "6" to
// choose, "unix", "unixgram" or "unixpacket". The connection is a *Conn. Names are
// resolved by net.DefaultResolver.
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

// A Dialer says how to connect. The zero Dialer is what Dial uses. It may be
// used by many at once, as long as nobody changes it.
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

	// Control, if not nil, is called after the socket is made and before it is bound.
	Control func(network, address string, c syscall.RawConn) error
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects, and gives up when ctx is done. Of several addresses of a
// name, it tries one after the other, each with its share of the time left.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	fail := func(err error) (net.Conn, error) {
		var op *net.OpError
		if errors.As(err, &op) {
			return nil, err
		}
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addrForError(network, address), Err: err}
	}
	if strings.HasPrefix(network, "unix") {
		c, err := d.dialUnix(ctx, network, address)
		if err != nil {
			return fail(err)
		}
		return c, nil
	}
	all, err := resolve(ctx, network, address)
	if err != nil {
		return fail(err)
	}
	var first error
	for i, ap := range all {
		c, err := d.dialOne(ctx, network, ap, len(all)-i)
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return fail(first)
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

// dialOne connects to one address. n is how many addresses are left to try: each
// gets an equal share of the time, but no less than 2 s if there is that much.
func (d *Dialer) dialOne(ctx context.Context, network string, ap netip.AddrPort, n int) (net.Conn, error) {
	at := int64(noInstant)
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		if left <= 0 {
			return nil, os.ErrDeadlineExceeded
		}
		at = after(min(left, max(left/time.Duration(n), 2*time.Second)))
	}
	if !ap.Addr().IsValid() { // ":80" means this machine
		loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if strings.HasSuffix(network, "6") {
			loopback = netip.IPv6Loopback()
		}
		ap = netip.AddrPortFrom(loopback, ap.Port())
	}
	c, err := d.dialIP(ctx, network, ap, at)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Source: d.LocalAddr, Addr: addrForError(network, ap.String()), Err: err}
	}
	return c, nil
}
