package overlay

import _ "embed"

var (
	//go:embed files/poll.go.txt
	pollText string
	//go:embed files/poll_alarm.go.txt
	pollAlarmText string
	//go:embed files/poll_rw.go.txt
	pollRWText string
	//go:embed files/runtime.go.txt
	runtimeText string
	//go:embed files/net.go.txt
	netText string
	//go:embed files/http.go.txt
	httpText string
	//go:embed files/http2.go.txt
	http2Text string
	//go:embed files/os.go.txt
	osText string
)

// plan returns the changes to the standard library of a release.
//
// A form that is not known any more: read what has changed, and whether the text
// that is added still does right beside it; then add the sum, which the error
// names, behind the old one.
func plan(release string) []pkg {
	return []pkg{runtimePkg, pollPkg, pollAlarmPkg, pollRWPkg, osPkg, netPkg, httpPkg, http2Pkg(release)}
}

// time.Sleep asks package poller first.
var runtimePkg = pkg{
	dir:  "runtime",
	text: runtimeText,
	files: []file{{"time.go", []edit{
		{decl: "timeSleep", form: "func(ns int64)", doc: "//go:linkname timeSleep time.Sleep",
			first: "if f := stackfulSleep; f != nil && f(getg().goid, ns) { return }"},
	}}},
}

// The heart of it: a descriptor's waiting, deadlines, closing and locks. Where a task is
// concerned the functions that are added do as these do, for tasks, so that all they rely on
// has to be of a known form.
var pollPkg = pkg{
	dir:  "internal/poll",
	text: pollText,
	files: []file{
		{"fd_poll_runtime.go", []edit{
			{decl: "type pollDesc", form: "b8b6b51b6b", first: "stackful stackfulDesc"},
			{decl: "(*pollDesc).init", form: "f0c2f74e9b", rename: "runtimeInit"},
			{decl: "(*pollDesc).close", form: "f7f7555282", rename: "runtimeClose"},
			{decl: "(*pollDesc).evict", form: "f80599d94a", rename: "runtimeEvict"},
			{decl: "(*pollDesc).prepare", form: "78b8ebd906", rename: "runtimePrepare"},
			{decl: "(*pollDesc).wait", form: "a56a8cd6d1", rename: "runtimeWait"},
			{decl: "(*pollDesc).pollable", form: "3d270d0576", rename: "runtimePollable"},
			{decl: "setDeadlineImpl", form: "41aa9c2f45", rename: "runtimeSetDeadlineImpl"},
			{decl: "convertErr", form: "57806fa4da"},
		}},
		{"fd_mutex.go", []edit{
			{decl: "type fdMutex", form: "053734cc89"},
			{decl: "(*fdMutex).increfAndClose", form: "de4c650aad", calls: semrelease},
			{decl: "(*fdMutex).rwlock", form: "10b52a70f7 4f009fb71e", calls: [2]string{"runtime_Semacquire", "stackfulSemacquire"}},
			{decl: "(*fdMutex).rwunlock", form: "7d32456bd9", calls: semrelease},
		}},
		{"fd_unix.go", []edit{
			{decl: "type FD", form: "130ec7f83d"},
			{decl: "(*FD).Init", form: "2f6327c33e", first: `fd.pd.stackful.tcp = len(net) >= 3 && net[:3] == "tcp"`},
			{decl: "(*FD).destroy", form: "738519f161", calls: semrelease},
			{decl: "(*FD).Close", form: "1482f31fb6", calls: [2]string{"runtime_Semacquire", "stackfulSemacquireClose"}},
			{decl: "(*FD).Read", form: "d50d8a736d", rename: "runtimeRead"},
			{decl: "(*FD).Write", form: "21c8053535 f25df02fc9", rename: "runtimeWrite"},
			{decl: "(*FD).WaitWrite", form: "49738c2401", rename: "runtimeWaitWrite"},
		}},
	},
	guards: []guard{{
		uses: []string{"runtimeCtx", "runtime_pollOpen", "runtime_pollClose", "runtime_pollWait", "runtime_pollWaitCanceled",
			"runtime_pollReset", "runtime_pollSetDeadline", "runtime_pollUnblock", "runtime_Semacquire", "runtime_Semrelease"},
		also: []string{"(*pollDesc).waitCanceled"}, // for Windows: nothing on Linux calls it, see below
	}, {
		uses: []string{"waitCanceled"},
	}},
}

// More files of the same package.
var (
	pollAlarmPkg = pkg{dir: "internal/poll", name: "zstackful_alarm.go", text: pollAlarmText}
	pollRWPkg    = pkg{dir: "internal/poll", name: "zstackful_rw.go", text: pollRWText}
)

// semrelease has a lock of a descriptor that is given back wake tasks, too.
var semrelease = [2]string{"runtime_Semrelease", "stackfulSemrelease"}

// Waiting for a process is made on another goroutine.
var osPkg = pkg{
	dir:  "os",
	text: osText,
	files: []file{{"exec.go", []edit{
		{decl: "(*Process).Wait", form: "func() (*ProcessState, error)", rename: "runtimeWait"},
	}}},
}

// Lookups and the race of address families are made on another goroutine. A new socket waits
// for closes of this hub that are not complete, so that their addresses are free, and raises
// the interruption of a connect.
var netPkg = pkg{
	dir:  "net",
	text: netText,
	files: []file{
		{"lookup.go", []edit{
			{decl: "(*Resolver).lookupIPAddr", form: "func(ctx context.Context, network, host string) ([]IPAddr, error)", rename: "runtimeLookupIPAddr"},
		}},
		{"lookup_unix.go", []edit{
			{decl: "(*Resolver).lookupHost", form: "func(ctx context.Context, host string) (addrs []string, err error)", rename: "runtimeLookupHost"},
			{decl: "(*Resolver).lookupPort", form: "func(ctx context.Context, network, service string) (int, error)", rename: "runtimeLookupPort"},
			{decl: "(*Resolver).lookupCNAME", form: "func(ctx context.Context, name string) (string, error)", rename: "runtimeLookupCNAME"},
			{decl: "(*Resolver).lookupSRV", form: "func(ctx context.Context, service, proto, name string) (string, []*SRV, error)", rename: "runtimeLookupSRV"},
			{decl: "(*Resolver).lookupMX", form: "func(ctx context.Context, name string) ([]*MX, error)", rename: "runtimeLookupMX"},
			{decl: "(*Resolver).lookupNS", form: "func(ctx context.Context, name string) ([]*NS, error)", rename: "runtimeLookupNS"},
			{decl: "(*Resolver).lookupTXT", form: "func(ctx context.Context, name string) ([]string, error)", rename: "runtimeLookupTXT"},
			{decl: "(*Resolver).lookupAddr", form: "func(ctx context.Context, addr string) ([]string, error)", rename: "runtimeLookupAddr"},
		}},
		{"dial.go", []edit{
			{decl: "(*sysDialer).dialParallel", form: "func(ctx context.Context, primaries, fallbacks addrList) (Conn, error)", rename: "runtimeDialParallel"},
		}},
		{"sock_posix.go", []edit{
			{decl: "socket", form: "func(ctx context.Context, net string, family, sotype, proto int, ipv6only bool, laddr, raddr sockaddr, " +
				"ctrlCtxFn func(context.Context, string, string, syscall.RawConn) error) (fd *netFD, err error)", rename: "runtimeSocket"},
		}},
		{"fd_unix.go", []edit{{decl: "(*netFD).connect", form: "b4134c4da9 5addfc37f4"}}}, // the caller of WaitWrite
	},
	guards: []guard{{uses: []string{"WaitWrite"}}},
}

// Round trips, and the ends of a server, are made on another goroutine.
var httpPkg = pkg{
	dir:  "net/http",
	text: httpText,
	files: []file{
		{"transport.go", []edit{
			{decl: "(*Transport).roundTrip", form: "func(req *Request) (_ *Response, err error)", rename: "runtimeRoundTrip"},
		}},
		{"server.go", []edit{
			{decl: "(*Server).Close", form: "func() error", rename: "runtimeClose"},
			{decl: "(*Server).Shutdown", form: "func(ctx context.Context) error", rename: "runtimeShutdown"},
		}},
	},
}

// http2Pkg has bodies over HTTP/2 read and closed on another goroutine, in the package where
// the release has its HTTP/2.
func http2Pkg(release string) pkg {
	edits := func(body string) []edit {
		return []edit{
			{decl: body + ".Read", form: "func(p []byte) (n int, err error)", rename: "runtimeRead"},
			{decl: body + ".Close", form: "func() error", rename: "runtimeClose"},
		}
	}
	if release == "go1.27" {
		return pkg{
			dir:   "net/http/internal/http2",
			text:  http2Text,
			words: map[string]string{"PACKAGE": "http2", "BODY": "transportResponseBody"},
			files: []file{{"transport.go", edits("transportResponseBody")}},
		}
	}
	return pkg{
		dir:   "net/http",
		text:  http2Text,
		name:  "zstackful2.go",
		words: map[string]string{"PACKAGE": "http", "BODY": "http2transportResponseBody"},
		files: []file{{"h2_bundle.go", edits("http2transportResponseBody")}},
	}
}
