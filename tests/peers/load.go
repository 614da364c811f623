package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const requestSize = 64 // bytes

// A loadResult is what the clients have seen.
type loadResult struct {
	Requests int64
	Elapsed  time.Duration
	P50, P99 time.Duration
}

// A loadClient is one connection: it sends a request, waits for the whole reply,
// and sends the next one.
type loadClient struct {
	fd      int
	request []byte
	reply   []byte // what must come
	got     int    // how much of it has
	sent    time.Time
}

// load is all clients: an epoll loop, so that they cost little.
type load struct {
	epoll   int
	clients []*loadClient
	buf     []byte
	latency histogram
	http    bool
}

// runLoad is the clients' process. It writes a line when all have had a reply or
// more, measures for each line that it reads, and writes the result.
func runLoad(args []string) error {
	fs := flag.NewFlagSet("load", flag.ExitOnError)
	addr := fs.String("addr", "", "")
	n := fs.Int("n", 1, "")
	d := fs.Duration("d", time.Second, "")
	http := fs.Bool("http", false, "")
	from := fs.Uint("from", 1, "") // the source address is 127.0.0.from
	fs.Parse(args)
	l := load{buf: make([]byte, 64<<10), http: *http}
	if err := l.connect(*addr, *n, [4]byte{127, 0, 0, byte(*from)}); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	warm := time.Now().Add(*d / 4)
	if _, err := l.run(warm); err != nil {
		return err
	}
	out.Encode("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		l.latency = histogram{}
		begun := time.Now()
		requests, err := l.run(begun.Add(*d))
		if err != nil {
			return err
		}
		out.Encode(loadResult{requests, time.Since(begun), l.latency.quantile(0.5), l.latency.quantile(0.99)})
	}
	return nil
}

func (l *load) connect(addr string, n int, from [4]byte) (err error) {
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	var reply []byte
	if l.http {
		if reply, err = httpReply(addr); err != nil {
			return err
		}
	}
	for i := range n {
		fd, err := dialRaw(addr, from)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		c := &loadClient{fd: fd, request: httpRequest, reply: reply}
		if !l.http {
			c.request = bytes.Repeat([]byte{'a' + byte(i%26)}, requestSize)
			binary.LittleEndian.PutUint32(c.request, uint32(i))
			c.reply = c.request
		}
		l.clients = append(l.clients, c)
		e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
		if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
			return err
		}
	}
	return nil
}

// dialRaw returns a connected, non-blocking descriptor.
func dialRaw(addr string, from [4]byte) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return -1, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	err = unix.Bind(fd, &unix.SockaddrInet4{Addr: from})
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())})
	}
	if err == nil {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// run has every client repeat its request until the time is up, and waits for the
// outstanding replies.
func (l *load) run(until time.Time) (requests int64, err error) {
	for _, c := range l.clients {
		if err := c.send(); err != nil {
			return 0, err
		}
	}
	events := make([]unix.EpollEvent, 256)
	for outstanding, open := len(l.clients), true; outstanding > 0; {
		n, err := epollWait(l.epoll, events, true)
		if err != nil {
			return 0, err
		}
		for i := range events[:n] {
			c := l.clients[events[i].Fd]
			whole, err := c.receive(l.buf)
			if err != nil {
				return 0, fmt.Errorf("connection %d: %w", events[i].Fd, err)
			}
			if !whole {
				continue
			}
			requests++
			now := time.Now()
			l.latency.add(now.Sub(c.sent))
			if open = open && now.Before(until); !open {
				outstanding--
				continue
			}
			if err := c.send(); err != nil {
				return 0, err
			}
		}
	}
	return requests, nil
}

func (c *loadClient) send() error {
	c.got = 0
	c.sent = time.Now()
	if n, _, errno := rawIO(unix.SYS_WRITE, int32(c.fd), c.request); errno != 0 || int(n) != len(c.request) {
		return fmt.Errorf("%d of %d bytes sent: %w", n, len(c.request), errno)
	}
	return nil
}

// receive reads, and reports whether the reply is complete.
func (c *loadClient) receive(buf []byte) (bool, error) {
	n, _, errno := rawIO(unix.SYS_READ, int32(c.fd), buf)
	switch {
	case errno == syscall.EAGAIN:
		return false, nil
	case errno != 0:
		return false, errno
	case n == 0:
		return false, io.ErrUnexpectedEOF
	case c.got+int(n) > len(c.reply) || !bytes.Equal(buf[:n], c.reply[c.got:c.got+int(n)]):
		return false, fmt.Errorf("got %q, want %q", buf[:n], c.reply[c.got:])
	}
	c.got += int(n)
	return c.got == len(c.reply), nil
}

var httpRequest = []byte("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")

// httpReply returns the reply that each request must get: as a whole, as it came.
func httpReply(addr string) ([]byte, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write(httpRequest); err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	r, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &raw)), nil)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if r.StatusCode != 200 || string(body) != "Hello, World!" {
		return nil, fmt.Errorf("%s %q, %v", r.Status, body, err)
	}
	return raw.Bytes(), nil
}
