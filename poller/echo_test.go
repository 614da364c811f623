package poller

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

// TestEcho_500 is the main job: 500 clients and their server, all on one
// goroutine.
func TestEcho_500(t *testing.T) {
	const clients, rounds = 500, 20
	seen := map[uint64]int{}
	err := Run(func() {
		l, err := Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Error(err)
			return
		}
		Go(func() {
			for {
				c, err := l.Accept()
				if errors.Is(err, net.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				Go(func() {
					defer c.Close()
					seen[asm.Goid()]++
					if _, err := io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}); err != nil {
						t.Error(err)
					}
				})
			}
		})
		var tasks []*Task
		for i := range clients {
			tasks = append(tasks, Go(func() { echoClient(t, l.Addr().String(), i, rounds) }))
		}
		if err := JoinAll(tasks...); err != nil {
			t.Error(err)
		}
		l.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, k := range seen {
		n += k
	}
	if n != clients {
		t.Errorf("%d connections were served, want %d", n, clients)
	}
	if stackful.Backend().Native && len(seen) != 1 {
		t.Errorf("connections were served on %d goroutines, want 1", len(seen))
	}
}

func echoClient(t *testing.T, addr string, id, rounds int) {
	c, err := Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	var buf [64]byte
	for r := range rounds {
		var msg [64]byte
		binary.BigEndian.PutUint32(msg[:], uint32(id))
		binary.BigEndian.PutUint32(msg[60:], uint32(r))
		if _, err := c.Write(msg[:]); err != nil {
			t.Error(err)
			return
		}
		if _, err := io.ReadFull(c, buf[:]); err != nil {
			t.Error(err)
			return
		}
		if buf != msg {
			t.Errorf("client %d, round %d: got another reply than what was sent", id, r)
		}
	}
}
