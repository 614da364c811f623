//go:build linux && !poller_std

package poller

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
)

func TestPatchedSim_netAddresses(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		listen := func(network, address string) net.Listener {
			l, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		all := listen("tcp", ":80")
		_, err := net.Listen("tcp", "127.0.0.1:80")
		needErr(t, "Listen", err, "listen tcp 127.0.0.1:80: bind: address already in use", syscall.EADDRINUSE)
		all.Close()
		// Each loopback address has ports of its own.
		for _, address := range []string{"127.0.0.1:80", "127.0.0.2:80", "localhost:81", s.IP("main").String() + ":80"} {
			l := listen("tcp", address)
			Go(func() {
				c, err := l.Accept()
				needNil(t, err)
				c.Write([]byte(l.Addr().String()))
				c.Close()
			})
		}
		for _, address := range []string{"127.0.0.2:80", "0.0.0.0:80", "[::]:81", "main:80"} {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(c)
			if string(got) != c.RemoteAddr().String() || err != nil {
				t.Errorf("dialled %s, got %s of %s, %v", address, got, c.RemoteAddr(), err)
			}
			c.Close()
		}
		_, err = net.Dial("tcp", "127.0.0.3:80")
		needErr(t, "Dial", err, "dial tcp 127.0.0.3:80: connect: connection refused", syscall.ECONNREFUSED)
		_, err = net.Dial("tcp", "10.9.9.9:80")
		needErr(t, "Dial", err, "dial tcp 10.9.9.9:80: connect: no route to host", syscall.EHOSTUNREACH)
		_, err = net.Listen("tcp", "10.9.9.9:80")
		needErr(t, "Listen", err, "listen tcp 10.9.9.9:80: bind: cannot assign requested address", syscall.EADDRNOTAVAIL)
		for _, address := range []string{"[::1]:0", "[2001:db8::1]:80"} {
			_, err = net.Listen("tcp", address)
			needErr(t, "Listen", err, "bind: cannot assign requested address", syscall.EADDRNOTAVAIL)
		}
		_, err = net.Dial("tcp6", "[::1]:80")
		needErr(t, "Dial", err, "dial tcp6 [::1]:80: connect: cannot assign requested address", syscall.EADDRNOTAVAIL)
		_, err = net.ListenTCP("tcp6", nil)
		needErr(t, "ListenTCP", err, "listen tcp6", syscall.EADDRNOTAVAIL)
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv6unspecified})
		if err != nil || l.Addr().(*net.TCPAddr).Port == 0 {
			t.Error(l.Addr(), err)
		}
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 7), Port: 1234}}
		c, err := d.Dial("tcp", l.Addr().String())
		needNil(t, err)
		if c.LocalAddr().String() != "127.0.0.7:1234" {
			t.Error(c.LocalAddr())
		}
		if from, err := l.AcceptTCP(); err != nil || from.RemoteAddr().String() != "127.0.0.7:1234" {
			t.Error(from, err)
		}
		_, err = d.Dial("tcp", l.Addr().String())
		needErr(t, "Dial", err, "bind: address already in use", syscall.EADDRINUSE)
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(10, 9, 9, 9)}
		_, err = d.Dial("tcp", "localhost:81")
		needErr(t, "Dial", err, "bind: cannot assign requested address", syscall.EADDRNOTAVAIL)

		interfaces, err := net.Interfaces()
		if err != nil || len(interfaces) != 2 || interfaces[0].Name != "lo" || interfaces[1].HardwareAddr.String() != "02:00:0a:00:00:01" {
			t.Error(interfaces, err)
		}
		addrs, err := net.InterfaceAddrs()
		if fmt.Sprint(addrs) != "[127.0.0.1/8 10.0.0.1/8]" || err != nil {
			t.Error(addrs, err)
		}
		eth, err := net.InterfaceByName("eth0")
		needNil(t, err)
		addrs, err = eth.Addrs()
		if fmt.Sprint(addrs) != "[10.0.0.1/8]" || err != nil {
			t.Error(addrs, err)
		}
	})
}

func TestPatchedSim_netNames(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		s.Go("bank", func() {})
		for name, want := range map[string]string{"bank": "[10.0.0.2]", "Bank.": "[10.0.0.2]", "localhost": "[127.0.0.1]", "192.0.2.1": "[192.0.2.1]"} {
			if got, err := net.LookupHost(name); fmt.Sprint(got) != want || err != nil {
				t.Error(name, got, err)
			}
			if got, err := net.LookupIP(name); fmt.Sprint(got) != want || err != nil {
				t.Error(name, got, err)
			}
		}
		if got, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip4", "bank"); err != nil || got[0].Unmap() != s.IP("bank") {
			t.Error(got, err)
		}
		if got, err := net.LookupAddr("10.0.0.2"); fmt.Sprint(got) != "[bank]" || err != nil {
			t.Error(got, err)
		}
		if got, err := net.LookupCNAME("bank"); got != "bank" || err != nil {
			t.Error(got, err)
		}
		if got, err := net.LookupPort("tcp", "https"); got != 443 || err != nil {
			t.Error(got, err)
		}
		if got, err := net.ResolveTCPAddr("tcp", "bank:http"); fmt.Sprint(got) != "10.0.0.2:80" || err != nil {
			t.Error(got, err)
		}
		for what, f := range map[string]func() (any, error){
			"LookupHost":   func() (any, error) { return net.LookupHost("example.com") },
			"LookupIP":     func() (any, error) { return net.LookupIP("example.com") },
			"Dial":         func() (any, error) { return net.Dial("tcp", "example.com:80") },
			"LookupAddr":   func() (any, error) { return net.LookupAddr("192.0.2.1") },
			"LookupIP ip6": func() (any, error) { return net.DefaultResolver.LookupIP(context.Background(), "ip6", "bank") },
		} {
			_, err := f()
			var d *net.DNSError
			if !errors.As(err, &d) || !d.IsNotFound || !strings.Contains(err.Error(), "no such host") {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, f := range map[string]func() error{
			"LookupMX":  func() error { _, err := net.LookupMX("bank"); return err },
			"LookupNS":  func() error { _, err := net.LookupNS("bank"); return err },
			"LookupTXT": func() error { _, err := net.LookupTXT("bank"); return err },
			"LookupSRV": func() error { _, _, err := net.LookupSRV("x", "tcp", "bank"); return err },
		} {
			err := f()
			var d *net.DNSError
			if !errors.As(err, &d) || !d.IsNotFound {
				t.Errorf("%s: %v", what, err)
			}
			needErr(t, what, err, "net: "+what, ErrSimulated)
		}
		_, err := net.Dial("tcp6", "bank:80")
		needErr(t, "Dial", err, "lookup bank: no such host")
	})
}
