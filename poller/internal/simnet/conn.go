package simnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Conn is one end of a simulated TCP connection. It is a net.Conn.
type Conn struct {
	s      *Net
	host   *Host
	place  place
	number uint64 // for the trace
	index  int    // in Net.conns plus 1; 0: not there
	local  *net.TCPAddr
	remote *net.TCPAddr
	isLoop bool // dialled by an address that means the own host

	rd, wr direction
	in     []byte // what has arrived and is not read
	out    path

	established bool
	closed      bool  // by Close
	noRead      bool  // by CloseRead
	noWrite     bool  // by CloseWrite
	eof         bool  // the other end sends no more
	err         error // why the connection has ended
	abrupt      bool  // Close resets it

	peerTimer sched.Timer // runs while the other end cannot be reached
}

func newConn(host *Host, port uint16, peer *Host, peerPort uint16) *Conn {
	s := host.s
	s.made++
	c := &Conn{s: s, host: host, place: place{host, host.boots}, number: s.made,
		local: tcpAddr(host.ip, port), remote: tcpAddr(peer.ip, peerPort)}
	c.rd.init(s, sched.ParkRead, sched.ParkReadTurn)
	c.wr.init(s, sched.ParkWrite, sched.ParkWriteTurn)
	c.out.init(c, peer, peerPort)
	c.peerTimer.Owner = (*peerExpirer)(c)
	return c
}

func tcpAddr(ip netip.Addr, port uint16) *net.TCPAddr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, port))
}

// register has c told of changes of the network.
func (n *Net) register(c *Conn) {
	if c.index == 0 {
		n.Conns = append(n.Conns, c)
		c.index = len(n.Conns)
	}
}

// unregister undoes register, if nothing can happen to c any more.
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

// isGone reports whether what arrives finds no connection.
func (c *Conn) isGone() bool { return c.closed || c.err != nil }

// fail ends the connection from outside.
func (c *Conn) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.out.drop()
	c.rd.wake()
	c.wr.wake()
	c.unregister()
}

// failWithHost is the end of c with its host.
func (c *Conn) failWithHost() {
	c.fail(ErrDown)
	c.rd.close()
	c.wr.close()
}

// watchLink limits the time for which the other end is out of reach. After Close, that is
// for what is under way.
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

// A peerExpirer is a Conn, as what its patience calls.
type peerExpirer Conn

func (d *peerExpirer) Expire(int64) { (*Conn)(d).fail(ErrTimeout) }

func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
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

// take removes n bytes that were read, which is room for the writer at the other end.
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

// WaitReadable waits until Read would not wait.
func (c *Conn) WaitReadable() error {
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
	return c.opError("wait", err)
}

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

// segment draws how many of n bytes go into one segment: as many as can, as a rule, but
// now and then fewer, since the other end must not count on getting them together.
func (n *Net) segment(bytes int) int {
	most := min(bytes, mostSegment)
	if sched.Draw(&n.netRand, 8) == 0 {
		return 1 + sched.Draw(&n.netRand, most)
	}
	return most
}

func (c *Conn) Close() error {
	if sched.Here() != c.s.v.H {
		_, err := c.s.enter()
		return c.opError("close", err)
	}
	if c.closed {
		return c.opError("close", net.ErrClosed)
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

// CloseRead shuts down the reading side: what arrives is dropped.
func (c *Conn) CloseRead() error {
	return c.change(func() {
		c.noRead = true
		c.take(len(c.in))
		c.rd.wake()
	})
}

// CloseWrite shuts down the writing side: the peer reads to the end of the stream, and
// may go on writing.
func (c *Conn) CloseWrite() error {
	return c.change(func() {
		if !c.noWrite && c.err == nil {
			c.out.send(segFIN, "")
		}
		c.noWrite = true
		c.wr.wake()
	})
}

// SetLinger says with 0 that Close drops what has not arrived, and resets the connection.
func (c *Conn) SetLinger(sec int) error { return c.change(func() { c.abrupt = sec == 0 }) }

// SetNoDelay has no effect: what is written is sent at once.
func (c *Conn) SetNoDelay(bool) error { return c.change(func() {}) }

// SetKeepAlive has no effect: connections out of reach end after PeerTimeout.
func (c *Conn) SetKeepAlive(bool) error { return c.change(func() {}) }

// SetKeepAlivePeriod has no effect.
func (c *Conn) SetKeepAlivePeriod(time.Duration) error { return c.change(func() {}) }

func (c *Conn) change(f func()) error {
	switch {
	case sched.Here() != c.s.v.H:
		_, err := c.s.enter()
		return c.opError("set", err)
	case c.closed:
		return c.opError("set", net.ErrClosed)
	}
	f()
	return nil
}

func (c *Conn) LocalAddr() net.Addr  { return c.local }
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

func (c *Conn) SetDeadline(t time.Time) error      { return c.deadlines(t, &c.rd, &c.wr) }
func (c *Conn) SetReadDeadline(t time.Time) error  { return c.deadlines(t, &c.rd) }
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.deadlines(t, &c.wr) }

func (c *Conn) deadlines(t time.Time, dirs ...*direction) error {
	if sched.Here() == c.s.v.H && c.closed {
		return c.opError("set", net.ErrClosed)
	}
	return c.opError("set", c.s.setDeadlines(t, dirs...))
}
