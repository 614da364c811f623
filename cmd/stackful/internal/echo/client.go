package echo

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// A client sends requests over one connection. A request names the client
// and the request in letters, so that no two are alike, and nor are the replies.
type client struct {
	f            *fleet
	id           int
	conn         net.Conn
	request      []byte
	want, got    []byte
	serial       []byte // part of request
	serialAnswer []byte // part of want
	failed       bool
}

// newClient returns the client id of f. Its requests begin with "c", five letters for the
// client, "r", and nine for the request; the rest is filler, rotated by id.
func newClient(f *fleet, id int, conn net.Conn) *client {
	text := "c" + letters(id, 5) + "r" + letters(0, 9)
	const filler = "the quick brown fox jumps over the lazy dog "
	if n := f.payload - len(text); n > 0 {
		text += strings.Repeat(filler[id%len(filler):]+filler[:id%len(filler)], n/len(filler)+1)[:n]
	}
	c := &client{f: f, id: id, conn: conn}
	c.request = []byte(text)
	c.want = bytes.ToUpper(c.request)
	c.got = make([]byte, len(c.want))
	c.serial, c.serialAnswer = c.request[7:16], c.want[7:16]
	return c
}

// letters writes n as a number of base 26 in lower case.
func letters(n, width int) string {
	text := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		text[i] = 'a' + byte(n%26)
		n /= 26
	}
	return string(text)
}

// next counts up the number in the request, in place, and that in the reply that is
// wanted: making them anew would cost more than the exchange is meant to.
func (c *client) next() {
	for i := len(c.serial) - 1; i >= 0; i-- {
		if c.serial[i] < 'z' {
			c.serial[i]++
			c.serialAnswer[i]++
			return
		}
		c.serial[i], c.serialAnswer[i] = 'a', 'A'
	}
}

// run sends requests, one at a time, until the time is up, and checks each reply.
func (c *client) run() {
	f := c.f
	for sent := time.Now(); !f.stop.Load() && sent.Before(f.end); {
		c.next()
		if _, err := c.conn.Write(c.request); err != nil {
			c.fail("write: %v", err)
			return
		}
		if n, err := io.ReadFull(c.conn, c.got); err != nil {
			c.fail("%d of %d bytes came back, then: %v", n, len(c.got), err)
			return
		}
		now := time.Now()
		if !bytes.Equal(c.got, c.want) {
			c.fail("sent %.60q, got %.60q", c.request, c.got)
			return
		}
		f.latency.Add(uint64(now.Sub(sent)))
		sent = now
	}
}

// hangUp half-closes the connection and reads to its end: there must be nothing more.
func (c *client) hangUp() {
	defer c.conn.Close()
	half, ok := c.conn.(interface{ CloseWrite() error })
	if c.failed || !ok {
		return
	}
	if err := half.CloseWrite(); err != nil {
		c.fail("half-close: %v", err)
		return
	}
	switch n, err := c.conn.Read(c.got); {
	case n > 0:
		c.fail("%d bytes too many: %.60q", n, c.got[:n])
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.fail("the server does not hang up")
	case err != io.EOF:
		c.fail("at the end: %v", err)
	}
}

// fail counts a failure of this client, which sends no more.
func (c *client) fail(format string, args ...any) {
	c.failed = true
	c.f.fail(c.id, format, args...)
}
