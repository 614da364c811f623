package simnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/timers"
)

// A Conn is one end of a simulated TCP connection. It is a net.Conn, for the tasks of the
// simulation only. The two ends are connected by two paths and share nothing else, except
// that take makes room in the other end's path.
type Conn struct {
	s      *Net
	host   *Host
	place  place  // the life of host in which it was made
	number uint64 // for the trace
	index  int    // in Net.Conns plus 1; 0: not in it
	local  netip.AddrPort
	remote netip.AddrPort

	rd, wr direction
	in     []byte // bytes that have arrived and have not been read
	out    path   // of the segments that this end sends

	established bool
	closed      bool  // by Close
	noRead      bool  // by CloseRead
	noWrite     bool  // by CloseWrite
	eof         bool  // a FIN has arrived
	err         error // the error by which the connection has ended
	abrupt      bool  // Close resets the connection

	peerTimer timers.Timer // armed while the other end cannot be reached, see watchLink
}

// newConn returns an end of a connection, which is not established and not registered.
func newConn(host *Host, local netip.AddrPort, peer *Host, remote netip.AddrPort) *Conn {
	s := host.s
	s.made++
	c := &Conn{s: s, host: host, place: place{host, host.boots}, number: s.made, local: local, remote: remote}
	c.rd.init(s, sched.ParkRead, sched.ParkReadTurn)
	c.wr.init(s, sched.ParkWrite, sched.ParkWriteTurn)
	c.out.init(c, peer)
	c.peerTimer.Owner = (*peerExpirer)(c)
	return c
}

// register puts c into Net.Conns, whose connections Net.changed goes through.
func (n *Net) register(c *Conn) {
	if c.index == 0 {
		n.Conns = append(n.Conns, c)
		c.index = len(n.Conns)
	}
}

// unregister takes c out of Net.Conns, if it has ended and has no segment under way.
func (c *Conn) unregister() {
	if !c.isGone() || len(c.out.queue) > 0 {
		return
	}
	c.s.v.H.Timers.Disarm(&c.peerTimer)
	if c.index == 0 {
		return
	}
	n := c.s
	last := len(n.Conns) - 1
	n.Conns[c.index-1] = n.Conns[last]
	n.Conns[c.index-1].index = c.index
	n.Conns[last] = nil
	n.Conns = n.Conns[:last]
	c.index = 0
}

// isGone reports whether the connection has ended at this end, so that a segment that arrives
// is dropped or answered by a RST.
func (c *Conn) isGone() bool { return c.closed || c.err != nil }

// fail ends the connection with err: the waits of Read and Write end, and later calls return
// err, reads after the data that has arrived.
func (c *Conn) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.out.drop()
	c.rd.wake()
	c.wr.wake()
	c.unregister()
}

// failWithHost ends c when its host crashes.
func (c *Conn) failWithHost() {
	c.fail(ErrDown)
	c.rd.close()
	c.wr.close()
}

// watchLink arms the timer of PeerTimeout while the other end cannot be reached, and disarms
// it when it can. It is for established connections, and after Close for the segments that
// are still under way.
func (c *Conn) watchLink() {
	timers := &c.s.v.H.Timers
	to := c.out.to
	lost := !c.s.reaches(c.host, c.out.toHost) || to != nil && !to.place.isUp()
	switch {
	case !lost || !c.established && !c.closed || c.isGone() && len(c.out.queue) == 0:
		timers.Disarm(&c.peerTimer)
	case c.peerTimer.Place == 0:
		timers.Arm(&c.peerTimer, sched.After(PeerTimeout))
	}
}

// A peerExpirer is a Conn as the owner of its peerTimer.
type peerExpirer Conn

// Expire ends the connection for lack of an answer.
func (d *peerExpirer) Expire(int64) { (*Conn)(d).fail(ErrTimeout) }

func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

// readable reports whether a Read need not wait, and if so, the error that it has.
func (c *Conn) readable() (bool, error) {
	switch {
	case c.closed:
		return true, net.ErrClosed
	case c.rd.expired():
		return true, os.ErrDeadlineExceeded
	case len(c.in) > 0:
		return true, nil
	case c.err != nil:
		return true, c.err
	case c.eof || c.noRead:
		return true, io.EOF
	}
	return false, nil
}

// Read is net.Conn's.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.read(p)
	return n, c.opError("read", err)
}

func (c *Conn) read(p []byte) (int, error) {
	if err := c.rd.begin(); err != nil {
		return 0, err
	}
	for {
		switch done, err := c.readable(); {
		case err == nil && len(p) == 0:
			c.rd.end()
			return 0, nil
		case err != nil:
			c.rd.end()
			return 0, err
		case done:
			n := copy(p, c.in)
			c.take(n)
			c.rd.end()
			return n, nil
		}
		if err := c.rd.wait(c.rd.end); err != nil {
			c.rd.end()
			return 0, err
		}
	}
}

// take removes n bytes that were read, which makes room for the writer at the other end.
func (c *Conn) take(n int) {
	c.in = c.in[n:]
	if len(c.in) == 0 {
		c.in = nil
	}
	if to := c.out.to; to != nil && n > 0 {
		to.out.unread -= n
		to.wr.wake()
	}
}

// WaitReadable waits until Read would not wait. It does not own the direction.
func (c *Conn) WaitReadable() error { return c.opError("wait", c.waitReadable()) }

func (c *Conn) waitReadable() error {
	_, err := c.s.enter()
	for err == nil {
		done, failure := c.readable()
		if done {
			if failure == net.ErrClosed || failure == os.ErrDeadlineExceeded {
				err = failure
			}
			break
		}
		err = c.rd.wait(func() {})
	}
	return err
}

// Write is net.Conn's: it returns when all of p is under way, within Window.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.write(p)
	return n, c.opError("write", err)
}

func (c *Conn) write(p []byte) (done int, err error) {
	if err := c.wr.begin(); err != nil {
		return 0, err
	}
	for {
		switch {
		case c.closed:
			err = net.ErrClosed
		case c.wr.expired():
			err = os.ErrDeadlineExceeded
		case c.err != nil:
			err = c.err
		case c.noWrite:
			err = ErrPipe
		}
		if err != nil || len(p) == 0 {
			c.wr.end()
			return done, err
		}
		if room := Window - c.out.unread; room > 0 {
			n := c.s.segment(min(len(p), room))
			c.out.send(segData, string(p[:n]))
			p = p[n:]
			done += n
			continue
		}
		if err := c.wr.wait(c.wr.end); err != nil {
			c.wr.end()
			return done, err
		}
	}
}

// segment draws how many of n bytes go into one segment: as many as fit, as a rule, but now
// and then fewer, to find programs that expect one Read for each Write.
func (n *Net) segment(bytes int) int {
	most := min(bytes, mostSegment)
	if sched.Draw(&n.netRand, 8) == 0 {
		return 1 + sched.Draw(&n.netRand, most)
	}
	return most
}

// Close is net.Conn's. It sends a FIN, or a RST if data has not been read or SetLinger asks
// for it.
func (c *Conn) Close() error { return c.opError("close", c.close()) }

func (c *Conn) close() error {
	if sched.Here() != c.s.v.H {
		_, err := c.s.enter()
		return err
	}
	if c.closed {
		return net.ErrClosed
	}
	abrupt := c.abrupt || len(c.in) > 0
	wasGone := c.isGone()
	c.closed = true
	c.in = nil
	c.rd.close()
	c.wr.close()
	switch {
	case wasGone || !c.established:
	case abrupt:
		if c.abrupt {
			c.out.drop()
		}
		c.out.send(segRST, "")
	case !c.noWrite:
		c.out.send(segFIN, "")
	}
	c.unregister()
	return nil
}

// CloseRead shuts down the reading side: arriving data is dropped.
func (c *Conn) CloseRead() error { return c.opError("set", c.change(c.endReads)) }

func (c *Conn) endReads() {
	c.noRead = true
	c.take(len(c.in))
	c.rd.wake()
}

// CloseWrite shuts down the writing side: the peer reads to the end of the stream, and
// may go on writing.
func (c *Conn) CloseWrite() error { return c.opError("set", c.change(c.endWrites)) }

func (c *Conn) endWrites() {
	if !c.noWrite && c.err == nil {
		c.out.send(segFIN, "")
	}
	c.noWrite = true
	c.wr.wake()
}

// SetLinger with 0 has Close drop the data that has not arrived, and reset the connection.
func (c *Conn) SetLinger(sec int) error {
	return c.opError("set", c.change(func() { c.abrupt = sec == 0 }))
}

// SetNoDelay has no effect: all data is sent at once.
func (c *Conn) SetNoDelay(bool) error { return c.opError("set", c.change(func() {})) }

// SetKeepAlive has no effect: connections out of reach end after PeerTimeout.
func (c *Conn) SetKeepAlive(bool) error { return c.SetNoDelay(true) }

// SetKeepAlivePeriod has no effect.
func (c *Conn) SetKeepAlivePeriod(time.Duration) error { return c.SetNoDelay(true) }

// change calls f unless c is closed or the caller is not in the simulation.
func (c *Conn) change(f func()) error {
	switch {
	case sched.Here() != c.s.v.H:
		_, err := c.s.enter()
		return err
	case c.closed:
		return net.ErrClosed
	}
	f()
	return nil
}

// LocalAddr returns the address of this end, RemoteAddr that of the other end.
func (c *Conn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.local) }

// RemoteAddr returns the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// SetDeadline is net.Conn's. t must come from poller.Now.
func (c *Conn) SetDeadline(t time.Time) error { return c.deadlines(t, &c.rd, &c.wr) }

// SetReadDeadline is SetDeadline for Read.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.deadlines(t, &c.rd) }

// SetWriteDeadline is SetDeadline for Write.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.deadlines(t, &c.wr) }

func (c *Conn) deadlines(t time.Time, dirs ...*direction) error {
	if sched.Here() == c.s.v.H && c.closed {
		return c.opError("set", net.ErrClosed)
	}
	return c.opError("set", c.s.setDeadlines(t, dirs...))
}
