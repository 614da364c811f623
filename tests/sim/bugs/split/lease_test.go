package split

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/memnet"
	"example.com/bugs/internal/testkit"
)

// TestLeader: there is one leader at a time.
func TestLeader(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	leaderOver(t, l, func() (net.Conn, error) { return net.Dial("tcp4", l.Addr().String()) })
}

func leaderOver(t *testing.T, l net.Listener, dial func() (net.Conn, error)) {
	const ttl = 500 * time.Millisecond
	service := &Service{TTL: ttl}
	var serving sync.WaitGroup
	serving.Go(func() { service.Serve(l) })
	defer serving.Wait()
	defer l.Close()

	var nodes []*Node
	var running sync.WaitGroup
	end := time.Now().Add(5 * time.Second)
	for _, name := range []string{"a", "b", "c"} {
		n := &Node{Name: name, TTL: ttl, Wait: func() { time.Sleep(time.Duration(100_000+rand.IntN(250_000)) * time.Microsecond) }}
		nodes = append(nodes, n)
		running.Go(func() {
			c, err := dial()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			if err := n.Run(c, end); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()

	var terms []Term
	for _, n := range nodes {
		terms = append(terms, n.Terms()...)
	}
	for _, a := range terms {
		for _, b := range terms {
			if a.Node != b.Node && !a.From.After(b.From) && b.From.Before(a.Until) {
				t.Fatalf("%s leads until %v, and %s from %v before", a.Node, a.Until, b.Node, a.Until.Sub(b.From))
			}
		}
	}
}

func TestLeaderSynctest(t *testing.T) {
	testkit.Synctest(t, func(t *testing.T) {
		l := memnet.Listen()
		leaderOver(t, l, l.Dial)
	})
}
