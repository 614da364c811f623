//go:build linux && !poller_std

package poller

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Package net in a simulation of a patched program.

// simulatePatched is simulate for such programs.
func simulatePatched(t *testing.T, seed uint64, main func(s *Sim)) uint64 {
	t.Helper()
	needPatched(t)
	return simulate(t, seed, main)
}

// needErr checks that err is, among others, each of want, by errors.Is, and has the text of an operation.
func needErr(t *testing.T, what string, err error, text string, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("%s: %v is not %v", what, err, w)
		}
	}
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v lacks %q", what, err, text)
	}
}

// serveEcho serves connections by sending back what arrives.
func serveEcho(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		Go(func() {
			io.Copy(c, c)
			c.Close()
		})
	}
}

// stdEchoWorld is a server of package net on the host "server", and clients on others.
func stdEchoWorld(t *testing.T) func(s *Sim) {
	return func(s *Sim) {
		s.Go("server", func() {
			l, err := net.Listen("tcp", ":80")
			needNil(t, err)
			if l.Addr().String() != "0.0.0.0:80" {
				t.Error(l.Addr())
			}
			serveEcho(l)
		})
		Sleep(time.Second)
		var tasks []*Task
		for i := range 3 {
			tasks = append(tasks, s.Go(fmt.Sprint("client", i), func() {
				c, err := net.Dial("tcp", "server:80")
				needNil(t, err)
				defer c.Close()
				tcp := c.(*net.TCPConn)
				if c.RemoteAddr().String() != s.IP("server").String()+":80" || !strings.HasPrefix(c.LocalAddr().String(), s.IP(fmt.Sprint("client", i)).String()+":") {
					t.Error(c.LocalAddr(), c.RemoteAddr())
				}
				text := bytes.Repeat([]byte{byte('a' + i)}, 100_000)
				writer := Go(func() {
					n, err := c.Write(text)
					if n != len(text) || err != nil {
						t.Error(n, err)
					}
					needNil(t, tcp.CloseWrite())
				})
				got, err := io.ReadAll(c)
				if !bytes.Equal(got, text) || err != nil {
					t.Error(len(got), err)
				}
				writer.Join()
			}))
		}
		needNil(t, JoinAll(tasks...))
	}
}

func TestPatchedSim_netStream(t *testing.T) {
	simulatePatched(t, 1, stdEchoWorld(t))
}

// The same seed, the same events.
func TestPatchedSim_netSeeds(t *testing.T) {
	seen := make(map[uint64]bool)
	for seed := range uint64(100) {
		hash := simulatePatched(t, seed, stdEchoWorld(t))
		if again := simulatePatched(t, seed, stdEchoWorld(t)); again != hash {
			t.Fatalf("seed %d: %x, then %x", seed, hash, again)
		}
		seen[hash] = true
	}
	if len(seen) < 99 {
		t.Errorf("%d different courses of 100", len(seen))
	}
}

func TestPatchedSim_netDatagrams(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		s.Go("server", func() {
			c, err := net.ListenPacket("udp", ":53")
			needNil(t, err)
			b := make([]byte, 512)
			for {
				n, from, err := c.ReadFrom(b)
				if err != nil {
					return
				}
				c.WriteTo(append([]byte("got "), b[:n]...), from)
			}
		})
		Sleep(time.Second)
		ask := func(c net.Conn, question string) {
			_, err := c.Write([]byte(question))
			needNil(t, err)
			b := make([]byte, 512)
			n, err := c.Read(b)
			if string(b[:n]) != "got "+question || err != nil {
				t.Errorf("%q, %v", b[:n], err)
			}
		}
		c, err := net.Dial("udp", "server:53")
		needNil(t, err)
		ask(c, "name")
		if c.RemoteAddr().String() != s.IP("server").String()+":53" {
			t.Error(c.RemoteAddr())
		}
		_, err = c.(*net.UDPConn).WriteTo(nil, c.RemoteAddr())
		needErr(t, "WriteTo", err, "write udp", net.ErrWriteToConnected)

		// All the calls of a *net.UDPConn, to itself.
		u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 5), Port: 9})
		needNil(t, err)
		self := u.LocalAddr().(*net.UDPAddr)
		if self.String() != "127.0.0.5:9" {
			t.Error(self)
		}
		b := make([]byte, 4)
		for _, send := range []func(p []byte) (int, error){
			func(p []byte) (int, error) { return u.WriteTo(p, self) },
			func(p []byte) (int, error) { return u.WriteToUDP(p, self) },
			func(p []byte) (int, error) { return u.WriteToUDPAddrPort(p, self.AddrPort()) },
			func(p []byte) (int, error) { n, _, err := u.WriteMsgUDP(p, nil, self); return n, err },
			func(p []byte) (int, error) {
				n, _, err := u.WriteMsgUDPAddrPort(p, nil, self.AddrPort())
				return n, err
			},
		} {
			for _, receive := range []func() (int, netip.AddrPort, error){
				func() (int, netip.AddrPort, error) { return u.ReadFromUDPAddrPort(b) },
				func() (int, netip.AddrPort, error) {
					n, a, err := u.ReadFromUDP(b)
					return n, a.AddrPort(), err
				},
				func() (int, netip.AddrPort, error) {
					n, _, flags, a, err := u.ReadMsgUDP(b, nil)
					if flags != syscall.MSG_TRUNC {
						t.Error("flags", flags)
					}
					return n, a.AddrPort(), err
				},
				func() (int, netip.AddrPort, error) { n, err := u.Read(b); return n, self.AddrPort(), err },
			} {
				if n, err := send([]byte("12345")); n != 5 || err != nil {
					t.Error(n, err)
				}
				if n, from, err := receive(); string(b[:n]) != "1234" || from.String() != "127.0.0.5:9" || err != nil {
					t.Errorf("%q from %v, %v", b[:n], from, err)
				}
			}
		}
		_, err = u.Write(b)
		needErr(t, "Write", err, "write udp 127.0.0.5:9: write: destination address required", syscall.EDESTADDRREQ)
		_, err = u.WriteTo(make([]byte, 70_000), self)
		needErr(t, "WriteTo", err, "sendto: message too long", syscall.EMSGSIZE)
		_, err = u.WriteTo(b, &net.UDPAddr{IP: net.IPv4(10, 0, 0, 99).To4(), Port: 7})
		needErr(t, "WriteTo", err, "sendto: no route to host", syscall.EHOSTUNREACH)
		_, _, err = u.WriteMsgUDP(b, make([]byte, 16), self)
		needErr(t, "WriteMsgUDP", err, "control messages", ErrSimulated)
		needNil(t, u.SetReadDeadline(Now().Add(time.Second)))
		_, _, err = u.ReadFrom(b)
		needErr(t, "ReadFrom", err, "read udp 127.0.0.5:9: i/o timeout", os.ErrDeadlineExceeded)
		needNil(t, u.Close())
		_, _, err = u.ReadFrom(b)
		needErr(t, "ReadFrom", err, "read udp 127.0.0.5:9: use of closed network connection", net.ErrClosed)
	})
}
