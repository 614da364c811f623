//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// Random use of connections from tasks and goroutines, with random closes and
// deadlines. It must not hang, crash, race, or mix up connections.
func TestHammerConn(t *testing.T) {
	r := rng(t)
	l, err := Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all []*rand.Rand
	for range 24 {
		all = append(all, rand.New(rand.NewPCG(r.Uint64(), 3)))
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	client := func(r *rand.Rand) {
		for range 15 {
			c, err := DialTimeout("tcp", l.Addr().String(), time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			abuse(t, c, r)
		}
	}
	done := make(chan bool)
	for _, r := range all[:8] {
		go func() { client(r); done <- true }()
	}
	run(t, func() {
		var tasks []*Task
		for _, r := range all[8:] {
			tasks = append(tasks, Go(func() { client(r) }))
		}
		JoinAll(tasks...)
	})
	for range 8 {
		<-done
	}
	l.Close()
}

func abuse(t *testing.T, c net.Conn, r *rand.Rand) {
	defer c.Close()
	mark := byte(r.Uint32())
	for range 1 + r.IntN(8) {
		switch r.IntN(10) {
		case 0:
			c.SetDeadline(time.Now().Add(time.Duration(r.IntN(200)) * time.Microsecond))
		case 1:
			c.Close()
		case 2:
			c.(*Conn).CloseWrite()
		default:
			c.SetDeadline(time.Now().Add(10 * time.Second))
		}
		out := bytes.Repeat([]byte{mark}, 1+r.IntN(5000))
		if _, err := c.Write(out); err != nil {
			return
		}
		in := make([]byte, len(out))
		n, err := io.ReadFull(c, in)
		if bytes.Count(in[:n], []byte{mark}) != n {
			t.Error("data of another connection")
		}
		if err != nil {
			return
		}
	}
}
