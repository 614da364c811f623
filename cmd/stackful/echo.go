package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller"
)

const echoAbout = `
A TCP server that answers in upper case, and its clients. The server is written
as one blocking loop for each connection; all connections are tasks of package
poller on one goroutine, with GOMAXPROCS=1. The clients run in a process of their
own, so that the server's goroutine is really alone, and check every reply.

With -net the server is the same code on package net, with one goroutine for each
connection. With -compare both are measured, in processes of their own, in turn.

Exit status 1 means that a reply was wrong or missing, or that connections were
not all served by one goroutine.
`

// echoOptions are the flags of echo.
type echoOptions struct {
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

func parseEcho(t *terminal, args []string) (o echoOptions, err error) {
	fs := newFlags(t, "echo", "[flags]", echoAbout)
	fs.IntVar(&o.clients, "clients", 500, "concurrent connections; with 0 it serves others' `clients` until interrupted")
	fs.DurationVar(&o.duration, "d", 5*time.Second, "`time` to measure, for each server")
	fs.StringVar(&o.addr, "addr", "127.0.0.1:0", "`address` to listen on")
	fs.IntVar(&o.payload, "payload", 64, "`bytes` of a request")
	fs.BoolVar(&o.std, "net", false, "serve with package net, a goroutine for each connection")
	fs.BoolVar(&o.compare, "compare", false, "measure both servers in turn and print the ratio")
	fs.IntVar(&o.rounds, "rounds", 5, "with -compare: `turns` that -d is divided into")
	fs.IntVar(&o.procs, "procs", 1, "with -compare: `number` of processors that the Go scheduler of each server uses")
	fs.IntVar(&o.garbage, "garbage", 0, "with -compare: `bytes` that the servers allocate for each request, beside a live heap of 100 MB")
	if err := parse(fs, args, false); err != nil {
		return o, err
	}
	switch {
	case o.procs < 1 || o.garbage < 0:
		err = usagef("-procs must be positive, and -garbage not negative")
	case !o.compare && (o.procs != 1 || o.garbage != 0):
		err = usagef("-procs and -garbage are for -compare")
	case o.clients < 0 || o.rounds < 1 || o.duration <= 0:
		err = usagef("-clients, -rounds and -d must be positive")
	case o.payload < minPayload || o.payload > maxPayload:
		err = usagef("-payload must be between %d and %d", minPayload, maxPayload)
	case o.compare && (o.clients == 0 || o.std):
		err = usagef("-compare needs clients, and includes -net")
	case o.compare && !strings.HasSuffix(o.addr, ":0"):
		err = usagef("-compare needs an -addr with port 0, as there are two servers")
	}
	return o, err
}

func runEcho(ctx context.Context, t *terminal, args []string) error {
	o, err := parseEcho(t, args)
	if err != nil {
		return err
	}
	if o.compare {
		return compareEcho(ctx, t, o)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var report *echoReport
	before := measureMemory()
	s := newEchoServer(o.std, 0)
	err = s.run(o.addr, func() (err error) {
		t.printf("%s on %s\n", s, s.ln.Addr())
		if o.clients == 0 {
			t.printf("serving until interrupted\n")
			<-ctx.Done()
			return nil
		}
		t.printf("%s in another process, %d bytes a request, for %v\n\n", plural(o.clients, "client", "clients"), o.payload, o.duration)
		report, err = driveClients(ctx, t, o, s.ln.Addr().String(), s.usage)
		return err
	})
	if err != nil || report == nil {
		return err
	}
	served := s.usage(false)
	report.print(t, before, served)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return report.verdict(t, o.std, served)
}

// An echoReport is what became of one run of clients.
type echoReport struct {
	result        clientResult
	start, finish serverUsage // around the measured time
}

func (r *echoReport) perSecond() float64 {
	return float64(r.result.Requests) / r.result.Elapsed.Seconds()
}

// cpuPerRequest returns the server's processor time in nanoseconds, 0 if it is
// not known.
func (r *echoReport) cpuPerRequest() float64 {
	if !r.finish.HasCPU || r.result.Requests == 0 {
		return 0
	}
	return float64(r.finish.CPU-r.start.CPU) / float64(r.result.Requests)
}

func (r *echoReport) print(t *terminal, before memoryUse, served serverUsage) {
	c := r.result
	lines := sheet{left: "ll"}
	lines.row("requests", fmt.Sprintf("%s in %.2f s, each reply verified: %s", thousands(c.Requests),
		c.Elapsed.Seconds(), plural(c.Failures, "failure", "failures")))
	lines.row("throughput", digits(r.perSecond())+" requests/s")
	lines.row("latency", fmt.Sprintf("p50 %s, p99 %s, p99.9 %s, max %s", duration(float64(c.P50)),
		duration(float64(c.P99)), duration(float64(c.P999)), duration(float64(c.Max))))
	lines.row("connections", fmt.Sprintf("%s served by %s", thousands(int64(served.Served)), goroutineSet(served.Goroutines)))
	if cpu := r.cpuPerRequest(); cpu > 0 {
		sleeps := float64(r.finish.Sleeps - r.start.Sleeps)
		share := func(used time.Duration) float64 { return 100 * float64(used) / float64(c.Elapsed) }
		lines.row("CPU", fmt.Sprintf("server %s a request, %.0f %% of one core, asleep %s times a second; clients %.0f %%", duration(cpu),
			share(r.finish.CPU-r.start.CPU), digits(sleeps/c.Elapsed.Seconds()), share(c.CPU)))
	}
	if n := float64(c.Connected); n > 0 {
		use := r.start.Memory.minus(before)
		text := fmt.Sprintf("heap %s + stacks %s for each open connection", bytesText(float64(use.Heap)/n), bytesText(float64(use.Stack)/n))
		if use.RSS != 0 {
			text += fmt.Sprintf("; resident %s", bytesText(float64(use.RSS)/n))
		}
		lines.row("memory", text)
	}
	lines.row("backend", backendText())
	t.printf("\n")
	lines.write(t.out, "")
	for _, text := range c.Examples {
		t.printf("FAILURE: %s\n", text)
	}
}

func backendText() string {
	b := stackful.Backend()
	kind := "portable"
	if b.Native {
		kind = "native"
	}
	return fmt.Sprintf("%s on %s %s: %s", kind, b.Go, b.Arch, b.Reason)
}

// goroutineSet names the goroutines that served.
func goroutineSet(ids []uint64) string {
	switch n := len(ids); {
	case n == 0:
		return "no goroutine"
	case n == 1:
		return fmt.Sprintf("one goroutine: ids {%d}", ids[0])
	case n <= 8:
		return fmt.Sprintf("%d goroutines: ids {%s}", n, strings.Trim(fmt.Sprint(ids), "[]"))
	default:
		return fmt.Sprintf("%s goroutines: ids {%d ... %d}", thousands(int64(n)), ids[0], ids[n-1])
	}
}

// verdict is nil if all is as it must be.
func (r *echoReport) verdict(t *terminal, std bool, served serverUsage) error {
	oneGoroutine := stackful.Backend().Native && !std
	switch {
	case r.result.Failures > 0 || r.result.Requests == 0:
		t.printf("FAILED: not every request was answered as it should be\n")
	case oneGoroutine && len(served.Goroutines) != 1:
		t.printf("FAILED: connections were served by more than one goroutine\n")
	default:
		return nil
	}
	return errReported
}

// run serves on addr while f runs, which it calls on another goroutine.
func (s *echoServer) run(addr string, f func() error) (err error) {
	if s.std {
		if err := s.listen(addr); err != nil {
			return err
		}
		defer s.ln.Close()
		go s.accept()
		return f()
	}
	runErr := poller.Run(func() {
		if err = s.listen(addr); err != nil {
			return
		}
		accepting := poller.Go(s.accept)
		_, err = poller.Await(func() (struct{}, error) { return struct{}{}, f() })
		s.ln.Close()
		accepting.Join()
	})
	if err == nil {
		err = runErr
	}
	return err
}
