// Package netpatch is the seam between package net, as `stackful build` patches it, and this module:
// with the patch, the sockets that tasks of a simulation make by package net are of the simulation's network.
// In other programs Install does nothing.
//
// The other side is cmd/stackful/internal/overlay/files/netsim.go.txt; a test there compares the
// declarations. Package simnet installs the hooks.
package netpatch

import (
	"context"
	_ "net" // which has to be initialized before Install is called
	"net/netip"
	"time"
	_ "unsafe" // for linkname
)

//lint:file-ignore U1000 package net uses what is not exported

// Version is the version of the seam. It changes whenever a declaration of this file does, or what
// the two sides expect of each other.
const Version = 1

// Hooks is what package net calls. All are called on the goroutine of the caller of package net; all
// but Inside only if the result of that is true.
//
// The sockets that they return, as any, are of type Socket. They fail as system calls do: with a
// syscall.Errno, which package net gives the name of the call, or with an error that has one; with
// net.ErrClosed, os.ErrDeadlineExceeded and io.EOF; Dial and DialUnix also with the error of ctx.
type Hooks struct {
	Inside     func() bool                                                                     // reports whether the caller is in a simulation
	Refuse     func(what string) error                                                         // returns the error of a call that is not simulated
	Dial       func(ctx context.Context, network string, from, to netip.AddrPort) (any, error) // network is "tcp" or "udp"; from is the zero AddrPort for any
	Listen     func(network string, at netip.AddrPort, backlog int) (any, error)               // for udp: makes a socket without a peer
	DialUnix   func(ctx context.Context, from, to string) (any, error)                         // for stream sockets; from is "" for none
	ListenUnix func(at string, backlog int) (any, error)                                       // the same for listeners
	HostIP     func() netip.Addr                                                               // returns the address of the caller's host
	LookupName func(name string) (ip netip.Addr, ok bool)                                      // returns the address of a host
	LookupIP   func(ip netip.Addr) (name string, ok bool)                                      // returns the name of the host with an address
}

// A Socket is what package net has in place of a descriptor.
type Socket interface {
	Addrs() (local, remote netip.AddrPort)                               // remote is the zero AddrPort without a peer
	UnixName(a netip.AddrPort) string                                    // of a Unix socket: the name for which an address of Addrs stands, "" if it is unnamed
	Accept() (any, error)                                                // of a listener: returns a Socket
	Read(p []byte) (int, error)                                          // of a datagram socket: one datagram
	ReadFrom(p []byte) (n int, from netip.AddrPort, cut bool, err error) // cut: the datagram was longer than p
	Write(p []byte) (int, error)                                         // waits until all of p is under way
	WriteTo(p []byte, to netip.AddrPort) (int, error)                    // of a datagram socket
	Shutdown(reads, writes bool) error                                   // of a stream
	SetDeadline(t time.Time, reads, writes bool) error                   // t is taken by its wall clock
	SetLinger(seconds int) error                                         // negative: as at first
	Peek(p []byte) (n int, eof bool, err error)                          // of a stream: what Read would return at once; n is 0 if it would wait; eof: the end comes behind it
	Skip(n int)                                                          // takes n bytes that Peek has returned
	WaitRead() error                                                     // waits until Peek has something; returns errors of the wait only
	Check() error                                                        // returns the error of a call that sets an option
	Close() error
}

// table is the other side of the seam.
type table struct {
	version int
	install func(hooks *Hooks)
}

//go:linkname found net.stackfulTable
var found *table

// Found returns the version of the seam that package net of this program has, 0 if it is not
// patched.
func Found() int {
	if found == nil {
		return 0
	}
	return found.version
}

// Install sets the hooks, while the program starts.
func Install(hooks *Hooks) {
	if Found() == Version {
		found.install(hooks)
	}
}
