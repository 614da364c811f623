package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
)

const clients = 100

// All hear what each says, and at the end that the server goes down.
func TestChat(t *testing.T) {
	err := poller.RunErr(func() error {
		l, err := poller.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		var stop poller.Event
		s := newServer()
		serving := poller.GoErr(func() error { return s.serve(l, &stop) })
		var said, heard poller.WaitGroup
		said.Add(clients)
		heard.Add(clients)
		var all poller.Group
		for i := range clients {
			all.Go(func() error { return chat(l.Addr().String(), i, &said, &heard) })
		}
		silent, err := poller.Dial("tcp", l.Addr().String()) // it says no name, and must not delay the end for long
		if err != nil {
			return err
		}
		defer silent.Close()
		heard.Wait()
		stop.Set()
		if err := all.Join(); err != nil {
			return err
		}
		silent.Close()
		return serving.Join()
	})
	if err != nil {
		t.Errorf("%+v", err)
	}
}

// chat is a client: it says a line when all are there, and reads to the end.
func chat(addr string, i int, said, heard *poller.WaitGroup) error {
	c, err := poller.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	lines := bufio.NewScanner(c)
	fmt.Fprintf(c, "client %d\n", i)
	lines.Scan() // "your name?"
	lines.Scan() // that it has come itself
	said.Done()
	said.Wait()
	fmt.Fprintf(c, "hello from %d\n", i)
	greetings := make(map[string]bool)
	last := ""
	for lines.Scan() {
		if last = lines.Text(); strings.Contains(last, "hello") {
			greetings[last] = true
			if len(greetings) == clients {
				heard.Done()
			}
		}
	}
	switch {
	case lines.Err() != nil && lines.Err() != io.EOF:
		return lines.Err()
	case len(greetings) != clients:
		return fmt.Errorf("client %d has heard %d", i, len(greetings))
	case last != "* the server goes down" && !strings.HasSuffix(last, " has gone"):
		return fmt.Errorf("client %d has heard %q at last", i, last)
	}
	return nil
}

// One that does not read is sent away, and does not delay the others.
func TestChat_slow(t *testing.T) {
	err := poller.Run(func() {
		s := newServer()
		slow, quick := &member{"slow", poller.NewQueue[string](1)}, &member{"quick", poller.NewQueue[string](10)}
		s.members[slow], s.members[quick] = true, true
		for i := range 3 {
			s.say(fmt.Sprint(i))
		}
		for m, want := range map[*member]int{slow: 1, quick: 3} {
			if n := m.out.Len(); n != want {
				t.Errorf("%s has %d lines, want %d", m.name, n, want)
			}
		}
		if slow.out.Put("more") != poller.ErrQueueClosed {
			t.Error("slow may stay")
		}
	})
	if err != nil {
		t.Error(err)
	}
}
