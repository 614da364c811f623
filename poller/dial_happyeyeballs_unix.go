//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// dialTries is how often a TCP dial is repeated that has connected the socket to itself.
const dialTries = 3

func (d *Dialer) dialAddr(ctx context.Context, network, address string) (*Conn, error) {
	all, err := resolve(ctx, d.Resolver, network, address)
	if err != nil {
		return nil, err
	}
	r := race{d: d, ctx: ctx, network: network, h: sched.Here(), rest: interleave(all), delay: d.fallbackDelay()}
	if at, ok := ctx.Deadline(); ok {
		r.deadline = sched.InstantOf(at)
	}
	return r.run()
}

// A race is one dial to several addresses: an attempt is begun when the one before
// it has failed, or has run for delay; the first to connect wins, and the others are
// closed. The caller waits for all of them at once (fd.WaitWritable), so a race needs neither
// tasks nor goroutines of its own.
type race struct {
	d        *Dialer
	ctx      context.Context
	network  string
	h        *sched.Hub
	deadline int64
	delay    time.Duration // from one attempt to the next; negative: only after it has failed

	rest    []netip.AddrPort // without an attempt so far
	nextAt  int64            // instant at which the next attempt begins
	pending []*attempt
	first   error

	mu   runtimepatch.Mutex
	done sched.Queue // the caller, which the end of ctx wakes
}

// An attempt is a socket that is connecting.
type attempt struct {
	c  *Conn
	ap netip.AddrPort
	at int64 // its own limit
}

func (r *race) run() (*Conn, error) {
	defer r.closePending()
	stop := context.AfterFunc(r.ctx, func() {
		here := sched.Here()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done.WakeAll(here, nil)
	})
	defer stop()
	for {
		now := sched.Nanotime()
		if err := r.ctx.Err(); err != nil {
			if err == context.Canceled {
				r.first = nil // the end of ctx is the error, not that of an attempt
			}
			return nil, r.fail(netip.AddrPort{}, contextError(err))
		}
		if r.deadline != sched.Never && r.deadline <= now {
			return nil, r.fail(netip.AddrPort{}, errDialTimeout)
		}
		if c := r.winner(now); c != nil {
			return c, nil
		}
		switch {
		case len(r.rest) > 0 && (len(r.pending) == 0 || r.nextAt != sched.Never && r.nextAt <= now):
			if c := r.startNext(); c != nil {
				return c, nil
			}
		case len(r.pending) == 0:
			return nil, r.first
		default:
			r.wait()
		}
	}
}

// winner examines the attempts and returns the first connection that has been made. It closes
// those that have failed or reached their limit; then the next may start.
func (r *race) winner(now int64) *Conn {
	for i := 0; i < len(r.pending); i++ {
		a := r.pending[i]
		ok, err := a.c.d.Connected()
		if !ok && err == nil && a.at != sched.Never && a.at <= now {
			err = errDialTimeout
		}
		if !ok && err == nil {
			continue
		}
		r.pending = append(r.pending[:i], r.pending[i+1:]...)
		i--
		if ok {
			if c := r.finish(a); c != nil {
				return c
			}
			continue
		}
		a.c.d.Close(r.h)
		r.fail(a.ap, err)
		r.nextAt = now
	}
	return nil
}

// startNext begins an attempt, and returns the connection if it is made at once.
func (r *race) startNext() *Conn {
	ap := r.rest[0]
	r.rest = r.rest[1:]
	r.nextAt = sched.Never
	if r.delay >= 0 {
		r.nextAt = sched.After(r.delay)
	}
	a, connected, err := r.begin(ap)
	switch {
	case err != nil:
		r.fail(ap, err)
		r.nextAt = sched.Nanotime()
		return nil
	case connected:
		return r.finish(a)
	}
	r.pending = append(r.pending, a)
	return nil
}

// begin makes a socket and begins to connect it to ap.
func (r *race) begin(ap netip.AddrPort) (a *attempt, connected bool, err error) {
	ap = dialable(r.network, ap)
	f := socket.FamilyOf(r.network, ap.Addr(), false)
	a = &attempt{ap: ap, at: r.share(), c: &Conn{}}
	var sa socket.Sockaddr
	if err := sa.SetIP(f.Domain, ap); err != nil {
		return nil, false, err
	}
	fd, err := socket.New(f)
	if err != nil {
		return nil, false, err
	}
	owned := false // whether a.c owns the descriptor
	defer func() {
		if !owned { // begin has failed, or Control has panicked
			socket.Close(fd)
		}
	}()
	if strings.HasPrefix(r.network, "tcp") {
		setTCPDefaults(fd, r.d.KeepAlive)
	}
	if err := socket.Control(r.d.Control, r.network, ap.String(), fd); err != nil {
		return nil, false, err
	}
	if err := r.d.bindLocal(f, fd); err != nil {
		return nil, false, err
	}
	a.c.describe(r.network)
	errno := socket.Sys.Connect(fd, &sa)
	switch errno {
	case 0, unix.EISCONN, unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
	default:
		return nil, false, os.NewSyscallError("connect", errno)
	}
	owner, err := sched.OrBackground(r.h)
	if err == nil {
		err = a.c.d.Watch(owner, fd)
	}
	if err != nil {
		return nil, false, err
	}
	owned = true
	a.c.remote = sa.Addr(r.network)
	return a, errno == 0 || errno == unix.EISCONN, nil
}

// share returns how long an attempt may take. Sequential attempts each get an equal part of the
// remaining time, but 2 s if there is that much, as with package net.
func (r *race) share() int64 {
	if r.deadline == sched.Never || r.delay >= 0 {
		return sched.Never
	}
	left := time.Duration(r.deadline - sched.Nanotime())
	return sched.After(min(left, max(left/time.Duration(len(r.rest)+1), 2*time.Second)))
}

// finish returns the connection of an attempt that has succeeded; or nil, if the socket is
// connected to itself: then it has begun another attempt, or recorded a failure.
func (r *race) finish(a *attempt) *Conn {
	c := a.c
	c.local = socket.LocalAddr(c.d.Sysfd, r.network)
	for try := 1; socket.IsSelfConnected(c.local, c.remote) && r.d.LocalAddr == nil; try++ {
		c.d.Close(r.h)
		if try == dialTries {
			r.fail(a.ap, os.NewSyscallError("connect", unix.ECONNREFUSED))
			return nil
		}
		b, connected, err := r.begin(a.ap)
		switch {
		case err != nil:
			r.fail(a.ap, err)
			return nil
		case !connected:
			r.pending = append(r.pending, b)
			return nil
		}
		c = b.c
		c.local = socket.LocalAddr(c.d.Sysfd, r.network)
	}
	return c
}

// fail records the error of the first attempt that fails, as the result of the dial
// if none succeeds. An invalid ap stands for the address of the first attempt.
func (r *race) fail(ap netip.AddrPort, err error) error {
	if !ap.IsValid() && len(r.pending) > 0 {
		ap = r.pending[0].ap
	}
	if r.first == nil {
		op := &net.OpError{Op: "dial", Net: r.network, Source: r.d.LocalAddr, Err: err}
		if ap.IsValid() {
			op.Addr = addrForError(r.network, dialable(r.network, ap).String())
		}
		r.first = op
	}
	return r.first
}

// wait parks until an attempt may have ended, the next one must begin, the context is done, or
// the limit of an attempt is reached.
func (r *race) wait() {
	at := r.deadline
	if len(r.rest) > 0 {
		at = earlier(at, r.nextAt)
	}
	list := make([]*fd.FD, len(r.pending))
	for i, a := range r.pending {
		at = earlier(at, a.at)
		list[i] = &a.c.d
	}
	r.mu.Lock()
	if r.ctx.Err() != nil {
		r.mu.Unlock()
		return
	}
	fd.WaitWritable(r.h, list, &r.mu, &r.done, at)
}

func (r *race) closePending() {
	for _, a := range r.pending {
		a.c.d.Close(r.h)
	}
}

func earlier(a, b int64) int64 {
	if a == sched.Never || b != sched.Never && b < a {
		return b
	}
	return a
}

// dialable returns the address to connect to: an empty host, as in ":80", means this machine.
func dialable(network string, ap netip.AddrPort) netip.AddrPort {
	if ap.Addr().IsValid() {
		return ap
	}
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if strings.HasSuffix(network, "6") {
		loopback = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(loopback, ap.Port())
}

// interleave orders addresses so that the families take turns, beginning with that
// of the first, as RFC 8305 has it; in each family they keep their order.
func interleave(all []netip.AddrPort) []netip.AddrPort {
	var same, other []netip.AddrPort
	for _, ap := range all {
		if ap.Addr().Is4() == all[0].Addr().Is4() {
			same = append(same, ap)
		} else {
			other = append(other, ap)
		}
	}
	mixed := make([]netip.AddrPort, 0, len(all))
	for len(same) > 0 || len(other) > 0 {
		if len(same) > 0 {
			mixed, same = append(mixed, same[0]), same[1:]
		}
		if len(other) > 0 {
			mixed, other = append(mixed, other[0]), other[1:]
		}
	}
	return mixed
}
