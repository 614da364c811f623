// Chatnet is the rival of examples/chat: the same server with goroutines, a lock and channels, as one
// writes it on package net. It says where it listens as that does.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"sync"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "`address` to listen on")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chatnet:", err)
		os.Exit(1)
	}
	fmt.Println("serving on", l.Addr())
	s := &server{members: make(map[*member]bool)}
	for {
		c, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "chatnet:", err)
			os.Exit(1)
		}
		go s.attend(c)
	}
}

const backlog = 100 // as examples/chat has it

type server struct {
	mu      sync.Mutex // guards members, and the sends to their channels and the closing of these
	members map[*member]bool
}

type member struct {
	name string
	out  chan string
	gone bool // out is closed; guarded by the server's mu
}

// attend is the goroutine of a connection. It writes; another one reads.
func (s *server) attend(c net.Conn) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	if fmt.Fprintln(c, "* your name?"); !lines.Scan() {
		return
	}
	m := &member{name: lines.Text(), out: make(chan string, backlog)}
	s.mu.Lock()
	s.members[m] = true
	s.mu.Unlock()
	s.say("* " + m.name + " has come")
	go func() {
		for lines.Scan() {
			s.say(m.name + ": " + lines.Text())
		}
		s.mu.Lock()
		m.dismiss()
		s.mu.Unlock()
	}()
	for text := range m.out {
		if _, err := fmt.Fprintln(c, text); err != nil {
			break
		}
	}
	s.mu.Lock()
	delete(s.members, m)
	s.mu.Unlock()
	s.say("* " + m.name + " has gone")
}

// say tells all members. One that does not read what it is told must go.
func (s *server) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for m := range s.members {
		if m.gone {
			continue
		}
		select {
		case m.out <- text:
		default:
			m.dismiss()
		}
	}
}

// dismiss closes the member's channel. The server's mu is held.
func (m *member) dismiss() {
	if !m.gone {
		m.gone = true
		close(m.out)
	}
}
