package overlay

import _ "embed"

var (
	//go:embed files/net.go.txt
	netText string
	//go:embed files/netsim.go.txt
	netSimText string
	//go:embed files/netraw.go.txt
	netRawText string
	//go:embed files/netnames.go.txt
	netNamesText string
)

// netPkg has an interrupted connect close its socket: see files/net.go.txt. And what is called in
// simulations is theirs: see files/netsim.go.txt.
var netPkg = pkg{
	dir:    "net",
	text:   netText,
	guards: netGuards,
	files: []file{
		{"fd_posix.go", []edit{
			{decl: "type netFD", form: "9be1933590", last: "stackful *stackfulFD"},
			{decl: "(*netFD).Close", form: "func() error", first: onNetSim + "return fd.stackful.s.Close() }"},
			{decl: "(*netFD).shutdown", form: "func(how int) error", first: onNetSim + "return fd.stackfulShutdown(how) }"},
			{decl: "(*netFD).Read", form: "func(p []byte) (n int, err error)", first: onNetSim + "return fd.stackfulRead(p) }"},
			{decl: "(*netFD).readFrom", form: "func(p []byte) (n int, sa syscall.Sockaddr, err error)", first: onNetSim + "return fd.stackfulReadFrom(p) }"},
			{decl: "(*netFD).readFromInet4", form: "func(p []byte, from *syscall.SockaddrInet4) (n int, err error)", first: onNetSim + "return fd.stackfulReadFromInet(p, from, nil) }"},
			{decl: "(*netFD).readFromInet6", form: "func(p []byte, from *syscall.SockaddrInet6) (n int, err error)", first: onNetSim + "return fd.stackfulReadFromInet(p, nil, from) }"},
			{decl: "(*netFD).readMsg", form: "func(p []byte, oob []byte, flags int) (n, oobn, retflags int, sa syscall.Sockaddr, err error)",
				first: onNetSim + "n, sa, err = fd.stackfulReadFrom(p); return n, 0, 0, sa, err }"},
			{decl: "(*netFD).readMsgInet4", form: "func(p []byte, oob []byte, flags int, sa *syscall.SockaddrInet4) (n, oobn, retflags int, err error)",
				first: onNetSim + "return fd.stackfulReadMsg(readMsgSyscallName, p, sa, nil) }"},
			{decl: "(*netFD).readMsgInet6", form: "func(p []byte, oob []byte, flags int, sa *syscall.SockaddrInet6) (n, oobn, retflags int, err error)",
				first: onNetSim + "return fd.stackfulReadMsg(readMsgSyscallName, p, nil, sa) }"},
			{decl: "(*netFD).Write", form: "func(p []byte) (nn int, err error)", first: onNetSim + "return fd.stackfulWrite(p) }"},
			{decl: "(*netFD).writeTo", form: "func(p []byte, sa syscall.Sockaddr) (n int, err error)", first: onNetSim + "return fd.stackfulWriteTo(writeToSyscallName, p, sa) }"},
			{decl: "(*netFD).writeToInet4", form: "func(p []byte, sa *syscall.SockaddrInet4) (n int, err error)", first: onNetSim + "return fd.stackfulWriteTo(writeToSyscallName, p, sa) }"},
			{decl: "(*netFD).writeToInet6", form: "func(p []byte, sa *syscall.SockaddrInet6) (n int, err error)", first: onNetSim + "return fd.stackfulWriteTo(writeToSyscallName, p, sa) }"},
			{decl: "(*netFD).writeMsg", form: "func(p []byte, oob []byte, sa syscall.Sockaddr) (n int, oobn int, err error)", first: onNetSim + "return fd.stackfulWriteMsg(p, oob, sa) }"},
			{decl: "(*netFD).writeMsgInet4", form: "func(p []byte, oob []byte, sa *syscall.SockaddrInet4) (n int, oobn int, err error)", first: onNetSim + "return fd.stackfulWriteMsg4(p, oob, sa) }"},
			{decl: "(*netFD).writeMsgInet6", form: "func(p []byte, oob []byte, sa *syscall.SockaddrInet6) (n int, oobn int, err error)", first: onNetSim + "return fd.stackfulWriteMsg6(p, oob, sa) }"},
			{decl: "(*netFD).SetDeadline", form: "func(t time.Time) error", first: onNetSim + "return fd.stackful.s.SetDeadline(t, true, true) }"},
			{decl: "(*netFD).SetReadDeadline", form: "func(t time.Time) error", first: onNetSim + "return fd.stackful.s.SetDeadline(t, true, false) }"},
			{decl: "(*netFD).SetWriteDeadline", form: "func(t time.Time) error", first: onNetSim + "return fd.stackful.s.SetDeadline(t, false, true) }"},
		}},
		{"fd_unix.go", []edit{
			{decl: "(*netFD).connect", form: "func(ctx context.Context, la, ra syscall.Sockaddr) (rsa syscall.Sockaddr, ret error)", rename: "runtimeConnect"},
			{decl: "(*netFD).accept", form: "func() (netfd *netFD, err error)", first: onNetSim + "return fd.stackfulAccept() }"},
			{decl: "(*netFD).dup", form: "func() (f *os.File, err error)", first: onNetSim + `return nil, stackfulRefuse("File of a connection") }`},
		}},
		{"writev_unix.go", []edit{
			{decl: "(*netFD).writeBuffers", form: "func(v *Buffers) (n int64, err error)", first: onNetSim + "return fd.stackfulWriteBuffers(v) }"},
		}},
		{"sock_posix.go", []edit{
			{decl: "socket", form: "func(ctx context.Context, net string, family, sotype, proto int, ipv6only bool, laddr, raddr sockaddr, ctrlCtxFn func(context.Context, string, string, syscall.RawConn) error) (fd *netFD, err error)",
				first: "if fd, err, ok := stackfulSocketOf(ctx, net, family, sotype, ipv6only, laddr, raddr, ctrlCtxFn); ok { return fd, err }"},
		}},
		{"file_posix.go", []edit{
			{decl: "newFileFD", form: "func(f *os.File) (*netFD, error)", first: `if stackfulInside() { return nil, stackfulRefuse("connections of files") }`},
		}},
		{"unixsock_posix.go", []edit{
			{decl: "(*UnixListener).close", form: "func() error", first: "if ln.fd.stackful != nil { return ln.fd.Close() }"},
		}},
		{"sockopt_posix.go", []edit{
			{decl: "setReadBuffer", form: "func(fd *netFD, bytes int) error", first: noNetOption},
			{decl: "setWriteBuffer", form: "func(fd *netFD, bytes int) error", first: noNetOption},
			{decl: "setKeepAlive", form: "func(fd *netFD, keepalive bool) error", first: noNetOption},
			{decl: "setLinger", form: "func(fd *netFD, sec int) error", first: onNetSim + "return fd.stackfulLinger(sec) }"},
		}},
		{"tcpsockopt_posix.go", []edit{
			{decl: "setNoDelay", form: "func(fd *netFD, noDelay bool) error", first: noNetOption},
		}},
		{"tcpsockopt_unix.go", []edit{
			{decl: "setKeepAliveIdle", form: "func(fd *netFD, d time.Duration) error", first: noNetOption},
			{decl: "setKeepAliveInterval", form: "func(fd *netFD, d time.Duration) error", first: noNetOption},
			{decl: "setKeepAliveCount", form: "func(fd *netFD, n int) error", first: noNetOption},
		}},
		{"mptcpsock_linux.go", []edit{
			// One dial, whatever this machine supports.
			{decl: "supportsMultipathTCP", form: "func() bool", first: inNetSim + "return false }"},
			{decl: "isUsingMultipathTCP", form: "func(fd *netFD) bool", first: onNetSim + "return false }"},
		}},
		{"rawconn.go", []edit{
			{decl: "(*rawConn).Control", form: "func(f func(uintptr)) error", first: onNetRaw + "return c.stackfulControl(f) }"},
			{decl: "(*rawConn).Read", form: "func(f func(uintptr) bool) error", first: onNetRaw + "return c.stackfulReads(f) }"},
			{decl: "(*rawConn).Write", form: "func(f func(uintptr) bool) error", first: onNetRaw + "return c.stackfulWrites(f) }"},
			{decl: "(*rawConn).PollFD", form: "func() *poll.FD", first: onNetRaw + "return nil }"},
		}},
		{"splice_linux.go", []edit{
			{decl: "spliceFrom", form: "func(c *netFD, r io.Reader) (written int64, err error, handled bool)", first: "if c.stackful != nil { return 0, nil, false }"},
			{decl: "spliceTo", form: "func(w io.Writer, c *netFD) (written int64, err error, handled bool)", first: "if c.stackful != nil { return 0, nil, false }"},
		}},
		{"sendfile.go", []edit{
			{decl: "sendFile", form: "func(c *netFD, r io.Reader) (written int64, err error, handled bool)", first: "if c.stackful != nil { return 0, nil, false }"},
		}},
		{"ipsock.go", []edit{
			{decl: "supportsIPv4", form: "func() bool", first: inNetSim + "return true }"},
			{decl: "supportsIPv6", form: "func() bool", first: inNetSim + "return false }"},
			{decl: "supportsIPv4map", form: "func() bool", first: inNetSim + "return false }"},
		}},
		{"dial.go", []edit{
			// No second dial at the same time, by IPv4.
			{decl: "(*Dialer).dualStack", form: "func() bool", first: inNetSim + "return false }"},
		}},
		{"lookup.go", []edit{
			{decl: "(*Resolver).lookupIPAddr", form: "func(ctx context.Context, network, host string) ([]IPAddr, error)",
				first: "if r.stackfulResolves() { return stackfulLookupIPAddr(ctx, network, host) }"},
		}},
		{"lookup_unix.go", []edit{
			{decl: "(*Resolver).lookupHost", form: "func(ctx context.Context, host string) (addrs []string, err error)",
				first: "if r.stackfulResolves() { return stackfulLookupHost(ctx, host) }"},
			{decl: "(*Resolver).lookupPort", form: "func(ctx context.Context, network, service string) (int, error)",
				first: inNetSim + "return lookupPortMap(network, service) }"},
			{decl: "(*Resolver).lookupCNAME", form: "func(ctx context.Context, name string) (string, error)",
				first: "if r.stackfulResolves() { return stackfulLookupCNAME(ctx, name) }"},
			{decl: "(*Resolver).lookupSRV", form: "func(ctx context.Context, service, proto, name string) (string, []*SRV, error)",
				first: `if r.stackfulResolves() { return "", nil, stackfulNoRecord("LookupSRV", name) }`},
			{decl: "(*Resolver).lookupMX", form: "func(ctx context.Context, name string) ([]*MX, error)",
				first: `if r.stackfulResolves() { return nil, stackfulNoRecord("LookupMX", name) }`},
			{decl: "(*Resolver).lookupNS", form: "func(ctx context.Context, name string) ([]*NS, error)",
				first: `if r.stackfulResolves() { return nil, stackfulNoRecord("LookupNS", name) }`},
			{decl: "(*Resolver).lookupTXT", form: "func(ctx context.Context, name string) ([]string, error)",
				first: `if r.stackfulResolves() { return nil, stackfulNoRecord("LookupTXT", name) }`},
			{decl: "(*Resolver).lookupAddr", form: "func(ctx context.Context, addr string) ([]string, error)",
				first: "if r.stackfulResolves() { return stackfulLookupAddr(addr) }"},
		}},
		{"interface.go", []edit{
			{decl: "(*ipv6ZoneCache).update", form: "func(ift []Interface, force bool) (updated bool)", first: inNetSim + "return false }"},
		}},
		{"interface_linux.go", []edit{
			{decl: "interfaceTable", form: "func(ifindex int) ([]Interface, error)", first: inNetSim + "return stackfulInterfaces(ifindex) }"},
			{decl: "interfaceAddrTable", form: "func(ifi *Interface) ([]Addr, error)", first: inNetSim + "return stackfulInterfaceAddrs(ifi) }"},
			{decl: "interfaceMulticastAddrTable", form: "func(ifi *Interface) ([]Addr, error)", first: inNetSim + "return nil, nil }"},
		}},
	},
}

// Conditions that edits of package net begin with.
const (
	onNetSim = "if fd.stackful != nil { "             // the socket is a simulation's
	onNetRaw = "if c.ok() && c.fd.stackful != nil { " // the same in a RawConn
	inNetSim = "if stackfulInside() { "               // the caller is in one

	noNetOption = onNetSim + "return fd.stackfulOption() }"
)

// More files of package net.
var (
	netSimPkg   = pkg{dir: "net", name: "zstackful_sim.go", text: netSimText}
	netRawPkg   = pkg{dir: "net", name: "zstackful_raw.go", text: netRawText}
	netNamesPkg = pkg{dir: "net", name: "zstackful_names.go", text: netNamesText}
)

// netGuards find uses of descriptors that go round the edits.
var netGuards = []guard{
	{
		uses: []string{"pfd", "Sysfd"},
		also: []string{
			// They make a descriptor, after socket or newFileFD have been asked, or use one that
			// connect, which socket calls, has made.
			"newFD", "(*netFD).init", "(*netFD).dial", "(*netFD).listenStream", "(*netFD).listenDatagram",
			// Called by isUsingMultipathTCP.
			"hasFallenBack", "isUsingMPTCPProto",
			// Options of multicast, whose sockets are refused.
			"joinIPv4Group", "setIPv4MulticastInterface", "setIPv4MulticastLoopback",
			"joinIPv6Group", "setIPv6MulticastInterface", "setIPv6MulticastLoopback",
		},
	},
}
