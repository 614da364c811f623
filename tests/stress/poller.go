package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// What is done with package poller: each act is a hub of its own.
var pollerActs = []func(*guest){(*guest).tasks}

// tasks runs tasks that do all kinds of things to each other.
func (g *guest) tasks() {
	err := poller.Run(func() {
		l, err := poller.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			g.fail("listen: %v", err)
			return
		}
		serving := serveEcho(l)
		h := &hub{guest: g, address: l.Addr().String(), values: poller.NewChan[*blob](2), queue: poller.NewQueue[*blob](4)}
		var all []*poller.Task
		for range 10 + g.rng.IntN(40) {
			g.counts.tasks.Add(1)
			all = append(all, poller.Go(h.life))
		}
		for range g.rng.IntN(5) {
			poller.Yield()
			all[g.rng.IntN(len(all))].KillNoWait()
		}
		g.joinAll(all)
		l.Close()
		serving.Join()
	})
	if err != nil {
		g.fail("Run: %v", err)
	}
}

// A hub is what the tasks of one Run share.
type hub struct {
	*guest
	address string
	values  *poller.Chan[*blob]
	queue   *poller.Queue[*blob]
	lock    poller.Mutex
	locked  bool
}

func (h *hub) life() {
	for range h.rng.IntN(10) {
		b := h.blob()
		switch h.rng.IntN(9) {
		case 0:
			poller.Sleep(time.Duration(h.rng.IntN(300)) * time.Microsecond)
		case 1:
			h.talk(func() (net.Conn, error) { return poller.DialTimeout("tcp", h.address, time.Minute) })
		case 2:
			h.pass()
		case 3:
			h.hold()
		case 4:
			if err := poller.WithTimeout(50*time.Microsecond, func() error { poller.Sleep(time.Hour); return nil }); !errors.Is(err, os.ErrDeadlineExceeded) {
				h.fail("WithTimeout: %v", err)
			}
		case 5:
			got, err := poller.Await(func() (*blob, error) { return b, nil })
			if got != b || err != nil {
				h.fail("Await: %v, %v", got, err)
			}
		case 6:
			h.recurse(h.rng.IntN(200))
		default:
			poller.Yield()
		}
		h.verify(b, "data of a task")
	}
}

// serveEcho starts a task that sends back what comes on the connections of l.
func serveEcho(l net.Listener) *poller.Task {
	return poller.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			poller.Go(func() { io.Copy(c, c); c.Close() })
		}
	})
}

// joinAll waits for tasks that may have been killed.
func (g *guest) joinAll(all []*poller.Task) {
	for _, t := range all {
		if err := t.Join(); err != nil && !errors.Is(err, poller.ErrKilled) {
			g.fail("a task: %v", err)
		}
	}
}

// talk sends something to serveEcho, over the connection that dial makes, and gets it back.
func (g *guest) talk(dial func() (net.Conn, error)) {
	b := g.blob()
	out := bytes.Repeat([]byte{byte(b.key)}, 1+int(b.key%3000))
	in := make([]byte, len(out))
	c, err := dial()
	if err != nil {
		g.fail("dial: %v", err)
		return
	}
	defer c.Close()
	if _, err = c.Write(out); err == nil {
		_, err = io.ReadFull(c, in)
	}
	if err != nil || !bytes.Equal(in, out) {
		g.fail("echo: %v", err)
	}
	g.verify(b, "data beside an echo")
}

func (h *hub) pass() {
	b := h.blob()
	if err := h.values.SendTimeout(b, 100*time.Microsecond); err != nil {
		if got, ok, err := h.values.RecvTimeout(100 * time.Microsecond); ok && err == nil {
			h.verify(got, "data from a channel of tasks")
		}
	}
	if h.queue.PutTimeout(b, 100*time.Microsecond) != nil {
		if got, err := h.queue.GetTimeout(100 * time.Microsecond); err == nil {
			h.verify(got, "data from a queue")
		}
	}
}

func (h *hub) hold() {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.locked {
		h.fail("two tasks have one lock")
	}
	h.locked = true
	defer func() { h.locked = false }()
	poller.Yield()
}

func (h *hub) recurse(depth int) {
	b := h.blob()
	if depth > 0 {
		h.recurse(depth - 1)
	} else {
		poller.Yield()
	}
	h.verify(b, "data of a deep task")
}
