package systems

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/stackful-go/stackful/poller"
)

// Serve accepts connections until l is closed, and talks to each in a task of its
// own. It must be called in a task. It returns how many there were.
func Serve(l net.Listener) (served int, err error) {
	for {
		c, err := l.Accept() // other tasks run meanwhile
		if errors.Is(err, net.ErrClosed) {
			return served, nil
		}
		if err != nil {
			return served, err
		}
		served++
		poller.Go(func() { talk(c) })
	}
}

// talk answers each line in upper case until the client hangs up.
func talk(c net.Conn) {
	defer c.Close()
	lines := bufio.NewReader(c)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := io.WriteString(c, strings.ToUpper(line)); err != nil {
			return
		}
	}
}

// Clients runs n clients at once, each a task that sends so many requests in a
// loop and checks the replies. It must be called in a task. It returns the number
// of good replies, and the first error.
func Clients(addr string, n, requests int) (replies int, err error) {
	var clients poller.Group
	for i := range n {
		clients.Go(func() error {
			c, err := poller.Dial("tcp", addr)
			if err != nil {
				return err
			}
			defer c.Close()
			in := bufio.NewReader(c)
			for j := range requests {
				if _, err := fmt.Fprintf(c, "client %d says hello %d\n", i, j); err != nil {
					return err
				}
				reply, err := in.ReadString('\n')
				if err != nil {
					return err
				}
				if want := fmt.Sprintf("CLIENT %d SAYS HELLO %d\n", i, j); reply != want {
					return fmt.Errorf("client %d: got %q, want %q", i, reply, want)
				}
				replies++ // all of them are on one goroutine
			}
			return nil
		})
	}
	err = clients.Join()
	return replies, err
}

// SocketServer has a server and n clients, each on a goroutine of its own, and
// writes to w how it went.
func SocketServer(w io.Writer, n, requests int) error {
	addr := make(chan string, 1)
	stop := make(chan struct{})
	type result struct {
		served int
		err    error
	}
	ended := make(chan result, 1)
	go func() {
		var r result
		err := poller.Run(func() {
			l, err := poller.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				r.err = err
				close(addr)
				return
			}
			addr <- l.Addr().String()
			poller.Go(func() {
				poller.RecvFrom(stop)
				l.Close()
			})
			r.served, r.err = Serve(l)
		})
		r.err = errors.Join(r.err, err)
		ended <- r
	}()
	var replies int
	var err error
	if to, ok := <-addr; ok {
		runErr := poller.Run(func() { replies, err = Clients(to, n, requests) })
		err = errors.Join(err, runErr)
	}
	close(stop)
	server := <-ended
	if err = errors.Join(err, server.err); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d clients at once, %d requests each: %d connections served, %d replies right\n", n, requests, server.served, replies)
	return nil
}
