package dnstest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
)

// The resolver of package net reads what Answer packs.
func TestAnswer(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	defer func() { c.Close(); <-ended }()
	records := map[uint16][][]byte{
		A:    {Address(netip.MustParseAddr("192.0.2.1")), Address(netip.MustParseAddr("192.0.2.2"))},
		AAAA: {Address(netip.MustParseAddr("2001:db8::1"))},
		TXT:  {Text("some text")},
		MX:   {Mail(7, "mail.example.")},
		NS:   {Name("ns.example")},
		SRV:  {Service("srv.example.")},
		PTR:  {Name("ptr.example.")},
	}
	go func() {
		defer close(ended)
		buf := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			q, err := Parse(buf[:n])
			switch {
			case err != nil:
				t.Error(err)
			case q.Name == "missing.example":
				c.WriteTo(Answer(buf[:n], NameError), from)
			default:
				c.WriteTo(Answer(buf[:n], Success, records[q.Type]...), from)
			}
		}
	}()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
	ctx := t.Context()
	for want, look := range map[string]func() (any, error){
		"[192.0.2.1 192.0.2.2]": func() (any, error) { return r.LookupNetIP(ctx, "ip4", "a.example.") },
		"[2001:db8::1]":         func() (any, error) { return r.LookupNetIP(ctx, "ip6", "a.example.") },
		"[some text]":           func() (any, error) { return r.LookupTXT(ctx, "a.example.") },
		"[ptr.example.]":        func() (any, error) { return r.LookupAddr(ctx, "192.0.2.9") },
		"mail.example. 7": func() (any, error) {
			mx, err := r.LookupMX(ctx, "a.example.")
			return join(mx[0].Host, mx[0].Pref), err
		},
		"ns.example.": func() (any, error) { ns, err := r.LookupNS(ctx, "a.example."); return ns[0].Host, err },
		"srv.example. 0": func() (any, error) {
			_, s, err := r.LookupSRV(ctx, "x", "tcp", "a.example.")
			return join(s[0].Target, s[0].Port), err
		},
	} {
		if got, err := look(); err != nil || fmt.Sprint(got) != want {
			t.Errorf("got %v, %v, want %s", got, err, want)
		}
	}
	_, err = r.LookupHost(ctx, "missing.example.")
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("a name that is missing: %v", err)
	}
}

func join(host string, n uint16) string { return fmt.Sprint(host, " ", n) }

// What is no query, or cut short, is refused.
func TestParse_bad(t *testing.T) {
	query := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07example\x00\x00\x01\x00\x01")
	if q, err := Parse(query); q != (Question{"a.example", A}) || err != nil {
		t.Fatal(q, err)
	}
	for n := range query {
		if q, err := Parse(query[:n]); err == nil {
			t.Errorf("%q is taken for %v", query[:n], q)
		}
	}
	for at, b := range map[int]byte{2: 0x81, 5: 2, headerLen: 0xc0} { // a response, two questions, a reference
		bad := append([]byte(nil), query...)
		bad[at] = b
		if q, err := Parse(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, q)
		}
	}
}
