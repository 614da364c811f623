// Package echo is `stackful echo`: a TCP server whose connections are all tasks on one
// goroutine, clients that check every reply, and the same server on package net beside it.
//
// Three processes can be at work. The parent, which people start, prints and, without
// -compare, serves. The clients (fleet.go, client.go) are in a child, so that they do not
// share the server's processor time and its goroutine is really alone. With -compare each
// server is in a child, too (serverchild.go), and compare.go has the clients turn to one
// after the other. What parent and clients say to each other is at the head of fleet.go.
//
// Of this module it imports the root package and asm, which tell the goroutine of a connection,
// poller, and packages cli, term, child, measure, machine and garbage. Read on in
// server.go, which a user of package poller would write so. Package selftest uses the
// server, too.
package echo

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// Command is `stackful echo`.
var Command = cli.Command{
	Name:  "echo",
	Args:  "[flags]",
	About: "a TCP server on one goroutine, and its clients",
	Run:   run,
}

// Children are the subcommands that it starts the program as.
var Children = []cli.Command{
	{Name: clientCommand, About: "clients of echo", Run: runClientChild},
	{Name: serverCommand, About: "a server of echo -compare", Run: runServerChild},
}

const about = `
A TCP server that answers in upper case, and its clients. The server is written
as one blocking loop for each connection; all connections are tasks of package
poller on one goroutine, with GOMAXPROCS=1. The clients run in a process of their
own, so that the server's goroutine is really alone, and check every reply.

With -net the server is the same code on package net, with one goroutine for each
connection. With -compare both are measured, in processes of their own, in turn.

Exit status 1 means that a reply was wrong or missing, or that connections were
not all served by one goroutine.
`

// options are the flags of echo.
type options struct {
	clients  int
	duration time.Duration
	addr     string
	payload  int // bytes
	std      bool
	compare  bool
	rounds   int
	procs    int
	garbage  int // bytes that the servers allocate for each request
}

// Bounds of a request, in bytes: room for what identifies it, and what two
// sockets certainly hold, since a client writes all of it before it reads.
const (
	minPayload = 16
	maxPayload = 64 << 10
)

// parseOptions refuses flags that do not go together, by errors of usage.
func parseOptions(t *term.Terminal, args []string) (o options, err error) {
	fs := cli.Flags(t, "echo", "[flags]", about)
	fs.IntVar(&o.clients, "clients", 500, "concurrent connections; with 0 it serves others' `clients` until interrupted")
	fs.DurationVar(&o.duration, "d", 5*time.Second, "`time` to measure, for each server")
	fs.StringVar(&o.addr, "addr", "127.0.0.1:0", "`address` to listen on")
	fs.IntVar(&o.payload, "payload", 64, "`bytes` of a request")
	fs.BoolVar(&o.std, "net", false, "serve with package net, a goroutine for each connection")
	fs.BoolVar(&o.compare, "compare", false, "measure both servers in turn and print the ratio")
	fs.IntVar(&o.rounds, "rounds", 5, "with -compare: `turns` that -d is divided into")
	fs.IntVar(&o.procs, "procs", 1, "with -compare: `number` of processors that the Go scheduler of each server uses")
	fs.IntVar(&o.garbage, "garbage", 0, "with -compare: `bytes` that the servers allocate for each request, beside a live heap of 100 MB")
	if err := cli.Parse(fs, args, false); err != nil {
		return o, err
	}
	switch {
	case o.procs < 1 || o.garbage < 0:
		err = cli.Usagef("-procs must be positive, and -garbage not negative")
	case !o.compare && (o.procs != 1 || o.garbage != 0):
		err = cli.Usagef("-procs and -garbage are for -compare")
	case o.clients < 0 || o.rounds < 1 || o.duration <= 0:
		err = cli.Usagef("-clients, -rounds and -d must be positive")
	case o.payload < minPayload || o.payload > maxPayload:
		err = cli.Usagef("-payload must be between %d and %d", minPayload, maxPayload)
	case o.compare && (o.clients == 0 || o.std):
		err = cli.Usagef("-compare needs clients, and includes -net")
	case o.compare && !strings.HasSuffix(o.addr, ":0"):
		err = cli.Usagef("-compare needs an -addr with port 0, as there are two servers")
	}
	return o, err
}

// run is the parent: with -compare it has children serve, else it serves itself, on one
// processor, since one goroutine cannot use more.
func run(ctx context.Context, t *term.Terminal, args []string) error {
	o, err := parseOptions(t, args)
	if err != nil {
		return err
	}
	if err := checkDescriptors(o.clients, descriptorLimit()); err != nil {
		return err
	}
	if o.compare {
		return compare(ctx, t, o)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var report *clientRun
	before := measure.Memory()
	s := NewServer(o.std, 0)
	err = s.run(o.addr, func() (err error) {
		t.Printf("%s on %s\n", s, s.Addr())
		if o.clients == 0 {
			t.Printf("serving until interrupted\n")
			<-ctx.Done()
			return nil
		}
		t.Printf("%s in another process, %d bytes a request, for %v\n\n", units.Plural(o.clients, "client", "clients"), o.payload, o.duration)
		report, err = driveClients(ctx, t, o, s.Addr(), s.Usage)
		return err
	})
	if err != nil || report == nil {
		return err
	}
	served := s.Usage(false)
	report.print(t, before, served)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return report.verdict(t, o.std, served)
}
