// Chat is a chat server whose connections are tasks on one goroutine, so that its data needs no
// locks. Interrupted, it shuts down gracefully: it accepts no more, tells everybody, and waits until
// all have got what was said. Talk to it by
//
//	nc 127.0.0.1 8081
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "`address` to listen on")
	flag.Parse()
	err := poller.RunErr(func() error {
		l, err := poller.Listen("tcp", *addr)
		if err != nil {
			return err
		}
		fmt.Println("serving on", l.Addr())
		var stop poller.Event
		signals, ignore := poller.Signals(os.Interrupt)
		defer ignore()
		poller.Go(func() {
			signals.Recv()
			stop.Set()
		})
		return newServer().serve(l, &stop)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// A server has a task for each member's lines, and one for what is written to it. All are on one
// goroutine and switch only where they wait, so nothing is locked.
type server struct {
	members map[*member]bool
	tasks   poller.Group // of the connections
}

// A member is a connection that has said its name.
type member struct {
	name string
	out  *poller.Queue[string] // of lines; closed when the member is to go
}

const (
	backlog  = 100             // lines that may wait for a member that does not read
	patience = 5 * time.Second // for those at the end
)

func newServer() *server { return &server{members: make(map[*member]bool)} }

// serve serves the listener's connections until stop is set, and then until all have ended.
func (s *server) serve(l net.Listener, stop *poller.Event) error {
	poller.Go(func() {
		stop.Wait()
		l.Close()
	})
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			return err
		}
		s.tasks.GoFunc(func() { s.attend(c) })
	}
	s.say("* the server goes down")
	for m := range s.members {
		m.out.Close() // what is in it is still written
	}
	err := poller.WithTimeout(patience, s.tasks.Join)
	s.tasks.Kill() // whoever has not read, or has not said a name
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// attend is the task of a connection. It writes; another task reads.
func (s *server) attend(c net.Conn) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	if fmt.Fprintln(c, "* your name?"); !lines.Scan() {
		return
	}
	m := &member{name: lines.Text(), out: poller.NewQueue[string](backlog)}
	s.members[m] = true
	s.say("* " + m.name + " has come")
	reader := poller.Go(func() {
		for lines.Scan() {
			s.say(m.name + ": " + lines.Text())
		}
		m.out.Close()
	})
	defer reader.Kill()
	for text := range m.out.All() {
		if _, err := fmt.Fprintln(c, text); err != nil {
			break
		}
	}
	delete(s.members, m)
	s.say("* " + m.name + " has gone")
}

// say tells all members. One that does not read what it is told must go.
func (s *server) say(text string) {
	for m := range s.members {
		if m.out.PutTimeout(text, 0) != nil {
			m.out.Close()
		}
	}
}
