package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// The clients are tasks on one goroutine of a child process, which tells its
// parent how it goes in clientMessages:
//
//	child                         parent
//	"ready": all are connected    measures the server, then says "go"
//	"progress", now and then      shows it
//	"measured": the time is up    measures the server
//	"result"                      waits for the child's end

type clientMessage struct {
	Event  string
	Result clientResult // so far
}

type clientResult struct {
	Connected           int
	Requests            int64
	Elapsed             time.Duration // since "go"
	P50, P99, P999, Max time.Duration
	CPU                 time.Duration // of the clients' process, 0 if not known
	Failures            int
	Examples            []string // what the first failures were
}

// clientPatience is how long a client waits for anything.
const clientPatience = 10 * time.Second

// A fleet is all clients.
type fleet struct {
	addr     string
	payload  int
	duration time.Duration
	out      *json.Encoder

	stop    atomic.Bool
	start   time.Time
	end     time.Time
	clients []*echoClient
	latency histogram
	result  clientResult
}

func runEchoClient(ctx context.Context, t *terminal, args []string) error {
	fs := newFlags(t, "echo-client", "", "")
	f := &fleet{out: json.NewEncoder(t.out)}
	fs.StringVar(&f.addr, "addr", "", "")
	n := fs.Int("clients", 1, "")
	fs.DurationVar(&f.duration, "d", time.Second, "")
	fs.IntVar(&f.payload, "payload", 64, "")
	if err := parse(fs, args, false); err != nil {
		return err
	}
	begin := make(chan struct{}, 1)
	gone := endOf(t.in, func(string) { begin <- struct{}{} })
	go func() {
		select {
		case <-gone:
		case <-ctx.Done():
		}
		f.stop.Store(true)
	}()
	return poller.Run(func() {
		f.connect(*n)
		f.send("ready")
		poller.Await(func() (struct{}, error) {
			select {
			case <-begin:
			case <-gone:
			case <-ctx.Done():
			}
			return struct{}{}, nil
		})
		f.run()
		f.send("measured")
		f.hangUp()
		f.send("result")
	})
}

// connect opens n connections, not too many at once.
func (f *fleet) connect(n int) {
	const atOnce = 200
	for id := 0; id < n && !f.stop.Load(); {
		var tasks []*poller.Task
		for ; id < n && len(tasks) < atOnce; id++ {
			tasks = append(tasks, poller.Go(func() { f.dial(id) }))
		}
		f.check(poller.JoinAll(tasks...))
	}
	f.result.Connected = len(f.clients)
}

func (f *fleet) dial(id int) {
	conn, err := poller.DialTimeout("tcp", f.addr, clientPatience)
	if err != nil {
		f.fail(id, "connect: %v", err)
		return
	}
	f.clients = append(f.clients, newEchoClient(f, id, conn))
}

// run has all clients send requests until the time is up.
func (f *fleet) run() {
	before, _, _ := cpuUsage()
	f.start = time.Now()
	f.end = f.start.Add(f.duration)
	progress := poller.Go(f.progress)
	f.each((*echoClient).run)
	f.result.Elapsed = time.Since(f.start)
	after, _, _ := cpuUsage()
	f.result.CPU = after - before
	progress.Kill()
}

// each calls what for all clients, each in a task.
func (f *fleet) each(what func(*echoClient)) {
	var tasks []*poller.Task
	for _, c := range f.clients {
		c.conn.SetDeadline(time.Now().Add(f.duration + clientPatience))
		tasks = append(tasks, poller.Go(func() { what(c) }))
	}
	f.check(poller.JoinAll(tasks...))
}

func (f *fleet) progress() {
	for {
		poller.Sleep(200 * time.Millisecond)
		f.result.Elapsed = time.Since(f.start)
		f.send("progress")
	}
}

// hangUp ends the connections: when a client says that it is done, what it gets
// must end too, without anything more in it.
func (f *fleet) hangUp() {
	f.each((*echoClient).hangUp)
}

func (f *fleet) send(event string) {
	r := f.result
	r.Requests = int64(f.latency.n)
	r.P50 = time.Duration(f.latency.quantile(0.5))
	r.P99 = time.Duration(f.latency.quantile(0.99))
	r.P999 = time.Duration(f.latency.quantile(0.999))
	r.Max = time.Duration(f.latency.max)
	if f.out.Encode(clientMessage{event, r}) != nil {
		f.stop.Store(true)
	}
}

func (f *fleet) check(err error) {
	if err != nil {
		f.fail(-1, "%v", err)
	}
}

func (f *fleet) fail(id int, format string, args ...any) {
	f.result.Failures++
	if len(f.result.Examples) < 5 {
		f.result.Examples = append(f.result.Examples, fmt.Sprintf("client %d: ", id)+fmt.Sprintf(format, args...))
	}
}

// An echoClient sends requests over one connection. A request names the client
// and the request in letters, so that no two are alike, and nor are the replies.
type echoClient struct {
	f            *fleet
	id           int
	conn         net.Conn
	request      []byte
	want, got    []byte
	serial       []byte // part of request
	serialAnswer []byte // part of want
	failed       bool
}

func newEchoClient(f *fleet, id int, conn net.Conn) *echoClient {
	text := "c" + letters(id, 5) + "r" + letters(0, 9)
	const filler = "the quick brown fox jumps over the lazy dog "
	if n := f.payload - len(text); n > 0 {
		text += strings.Repeat(filler[id%len(filler):]+filler[:id%len(filler)], n/len(filler)+1)[:n]
	}
	c := &echoClient{f: f, id: id, conn: conn}
	c.request = []byte(text)
	c.want = bytes.ToUpper(c.request)
	c.got = make([]byte, len(c.want))
	c.serial, c.serialAnswer = c.request[7:16], c.want[7:16]
	return c
}

// letters writes n as a number of base 26 in lower case.
func letters(n, width int) string {
	text := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		text[i] = 'a' + byte(n%26)
		n /= 26
	}
	return string(text)
}

// next makes the request another one.
func (c *echoClient) next() {
	for i := len(c.serial) - 1; i >= 0; i-- {
		if c.serial[i] < 'z' {
			c.serial[i]++
			c.serialAnswer[i]++
			return
		}
		c.serial[i], c.serialAnswer[i] = 'a', 'A'
	}
}

func (c *echoClient) run() {
	f := c.f
	for sent := time.Now(); !f.stop.Load() && sent.Before(f.end); {
		c.next()
		if _, err := c.conn.Write(c.request); err != nil {
			c.fail("write: %v", err)
			return
		}
		if n, err := io.ReadFull(c.conn, c.got); err != nil {
			c.fail("%d of %d bytes came back, then: %v", n, len(c.got), err)
			return
		}
		now := time.Now()
		if !bytes.Equal(c.got, c.want) {
			c.fail("sent %.60q, got %.60q", c.request, c.got)
			return
		}
		f.latency.add(uint64(now.Sub(sent)))
		sent = now
	}
}

func (c *echoClient) hangUp() {
	defer c.conn.Close()
	half, ok := c.conn.(interface{ CloseWrite() error })
	if c.failed || !ok {
		return
	}
	if err := half.CloseWrite(); err != nil {
		c.fail("half-close: %v", err)
		return
	}
	switch n, err := c.conn.Read(c.got); {
	case n > 0:
		c.fail("%d bytes too many: %.60q", n, c.got[:n])
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.fail("the server does not hang up")
	case err != io.EOF:
		c.fail("at the end: %v", err)
	}
}

func (c *echoClient) fail(format string, args ...any) {
	c.failed = true
	c.f.fail(c.id, format, args...)
}

// driveClients runs the clients against addr in a child process, shows how it
// goes, and calls usage around the time that is measured.
func driveClients(ctx context.Context, t *terminal, o echoOptions, addr string, usage func(memory bool) serverUsage) (*echoReport, error) {
	c, err := startChild(ctx, t, nil, "echo-client", "-addr", addr, "-clients", fmt.Sprint(o.clients),
		"-d", o.duration.String(), "-payload", fmt.Sprint(o.payload))
	if err != nil {
		return nil, err
	}
	report := new(echoReport)
	show := progressLines{t: t, quiet: o.compare}
	for {
		var m clientMessage
		if err := c.read(&m); err != nil {
			c.kill()
			return nil, cmp.Or(ctx.Err(), fmt.Errorf("echo-client: %w", err))
		}
		report.result = m.Result
		switch m.Event {
		case "ready":
			report.start = usage(true)
			if err := c.tell("go"); err != nil && ctx.Err() == nil {
				c.kill()
				return nil, fmt.Errorf("echo-client: %w", err)
			}
		case "progress":
			show.progress(m.Result)
		case "measured":
			report.finish = usage(false)
		case "result":
			t.status("")
			if err := c.wait(); err != nil && ctx.Err() == nil {
				return nil, err
			}
			return report, nil
		}
	}
}

// progressLines shows how clients get on: in the status line on a terminal, and
// as a line for each second elsewhere.
type progressLines struct {
	t        *terminal
	quiet    bool
	requests int64
	elapsed  time.Duration
	seconds  int
}

func (p *progressLines) progress(r clientResult) {
	rate := float64(r.Requests-p.requests) / (r.Elapsed - p.elapsed).Seconds()
	text := fmt.Sprintf("%5.1f s  %9s requests/s  p50 %s  p99 %s  %s", r.Elapsed.Seconds(), digits(rate),
		duration(float64(r.P50)), duration(float64(r.P99)), plural(r.Failures, "failure", "failures"))
	switch {
	case p.t.live:
		p.requests, p.elapsed = r.Requests, r.Elapsed
		p.t.status(text)
	case !p.quiet && int(r.Elapsed.Seconds()) > p.seconds:
		p.requests, p.elapsed, p.seconds = r.Requests, r.Elapsed, int(r.Elapsed.Seconds())
		p.t.printf("%s\n", text)
	}
}
