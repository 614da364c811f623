package poller

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/simnet"
)

func TestSimNet_datagrams(t *testing.T) {
	lost, doubled, reordered := 0, 0, 0
	forSeeds(t, 10, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			u, err := ListenPacket("udp", ":53")
			if err != nil {
				t.Fatal(err)
			}
			s.SetLoss(0.25, 0.25)
			s.Go("a", func() {
				c, err := Dial("udp", "main:53")
				if err != nil {
					t.Error(err)
				}
				for i := range 100 {
					c.Write([]byte{byte(i)})
				}
			})
			u.SetReadDeadline(Now().Add(time.Second))
			seen, last := make(map[byte]int), -1
			for {
				p := make([]byte, 10)
				n, from, err := u.ReadFrom(p)
				if err != nil {
					needIs(t, "ReadFrom", err, os.ErrDeadlineExceeded)
					break
				}
				if n != 1 || from.(*net.UDPAddr).IP.String() != s.IP("a").String() {
					t.Error(n, from)
				}
				seen[p[0]]++
				if int(p[0]) < last {
					reordered++
				}
				last = int(p[0])
			}
			lost += 100 - len(seen)
			for _, n := range seen {
				doubled += n - 1
			}
		})
	})
	if lost < 100 || lost > 350 || doubled < 80 || doubled > 300 || reordered < 100 {
		t.Errorf("of 1000 datagrams, %d were lost, %d doubled, %d out of order", lost, doubled, reordered)
	}
	simulate(t, 1, func(s *Sim) {
		u, err := ListenPacket("udp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		s.Go("a", func() {
			v, err := ListenPacket("udp", ":0")
			if err != nil {
				t.Error(err)
			}
			_, err = v.WriteTo([]byte("x"), &net.UDPAddr{IP: s.IP("main").AsSlice(), Port: u.LocalAddr().(*net.UDPAddr).Port})
			needNoError(t, err)
			_, err = v.WriteTo([]byte("x"), &net.TCPAddr{})
			needIs(t, "TCPAddr", err, simnet.ErrInvalid)
			_, err = v.WriteTo(make([]byte, 70000), &net.UDPAddr{IP: s.IP("main").AsSlice(), Port: 1})
			needIs(t, "long", err, simnet.ErrTooLong)
			_, err = v.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 1})
			needIs(t, "other address", err, simnet.ErrUnreachable)
			_, err = v.(net.Conn).Write([]byte("x"))
			needIs(t, "Write", err, simnet.ErrNoPeer)
		}).Join()
		c, _ := Dial("udp", u.LocalAddr().String())
		_, err = c.(net.PacketConn).WriteTo(nil, u.LocalAddr())
		needIs(t, "WriteTo", err, net.ErrWriteToConnected)
		c.Write([]byte("mine"))
		p := make([]byte, 2)
		if n, from, err := u.ReadFrom(p); n != 2 || string(p) != "mi" || from.String() != c.LocalAddr().String() || err != nil {
			t.Error(string(p), from, c.LocalAddr(), err)
		}
		reader := Go(func() {
			_, _, err := u.ReadFrom(p)
			needIs(t, "ReadFrom", err, net.ErrClosed)
		})
		Sleep(time.Second)
		u.Close()
		reader.Join()
		needIs(t, "Close", u.Close(), net.ErrClosed)
	})
}
