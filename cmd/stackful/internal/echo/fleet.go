package echo

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/child"
	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/poller"
)

// clientCommand is the subcommand of the clients.
const clientCommand = "echo-client"

// The clients are tasks on one goroutine of a child process, which tells its
// parent how it goes in messages:
//
//	child                         parent
//	"ready": all are connected    measures the server, then says "go"
//	"progress", now and then      shows it
//	"measured": the time is up    measures the server
//	"result"                      waits for the child's end

// A message is one value of the child's output.
type message struct {
	Event  string
	Result result // so far
}

// A result is the counts of the clients. It is sent as JSON.
type result struct {
	Connected           int
	Requests            int64
	Elapsed             time.Duration // since "go"
	P50, P99, P999, Max time.Duration
	CPU                 time.Duration // of the clients' process, 0 if not known
	Failures            int
	Examples            []string // the first failures
}

// Patience is how long a client waits for anything.
const Patience = 10 * time.Second

// A fleet is all clients. They are tasks of one goroutine, so that it needs no lock; stop is
// set by others.
type fleet struct {
	addr     string
	payload  int
	duration time.Duration
	out      *json.Encoder

	stop    atomic.Bool
	start   time.Time
	end     time.Time
	clients []*client
	latency measure.Histogram
	result  result
}

// runClientChild is the child: it makes a fleet and obeys the parent.
func runClientChild(ctx context.Context, t *term.Terminal, args []string) error {
	fs := cli.Flags(t, clientCommand, "", "")
	f := &fleet{out: json.NewEncoder(t.Out)}
	fs.StringVar(&f.addr, "addr", "", "")
	n := fs.Int("clients", 1, "")
	fs.DurationVar(&f.duration, "d", time.Second, "")
	fs.IntVar(&f.payload, "payload", 64, "")
	if err := cli.Parse(fs, args, false); err != nil {
		return err
	}
	begin := make(chan struct{}, 1)
	gone := child.EndOf(t.In, func(string) { begin <- struct{}{} })
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

// dial opens the connection of client id.
func (f *fleet) dial(id int) {
	conn, err := poller.DialTimeout("tcp", f.addr, Patience)
	if err != nil {
		f.fail(id, "connect: %v", err)
		return
	}
	f.clients = append(f.clients, newClient(f, id, conn))
}

// run has all clients send requests until the time is up.
func (f *fleet) run() {
	before, _, _ := measure.CPU()
	f.start = time.Now()
	f.end = f.start.Add(f.duration)
	progress := poller.Go(f.progress)
	f.each((*client).run)
	f.result.Elapsed = time.Since(f.start)
	after, _, _ := measure.CPU()
	f.result.CPU = after - before
	progress.Kill()
}

// each calls do for all clients, each in a task.
func (f *fleet) each(do func(*client)) {
	var tasks []*poller.Task
	for _, c := range f.clients {
		c.conn.SetDeadline(time.Now().Add(f.duration + Patience))
		tasks = append(tasks, poller.Go(func() { do(c) }))
	}
	f.check(poller.JoinAll(tasks...))
}

// progress tells the parent how it goes, until it is killed.
func (f *fleet) progress() {
	for {
		poller.Sleep(200 * time.Millisecond)
		f.result.Elapsed = time.Since(f.start)
		f.send("progress")
	}
}

// hangUp ends the connections: after a client's half-close the replies must end, too, without
// another byte.
func (f *fleet) hangUp() {
	f.each((*client).hangUp)
}

// send sends the counts so far. A parent that does not read any more ends the run.
func (f *fleet) send(event string) {
	r := f.result
	r.Requests = int64(f.latency.N())
	r.P50 = time.Duration(f.latency.Quantile(0.5))
	r.P99 = time.Duration(f.latency.Quantile(0.99))
	r.P999 = time.Duration(f.latency.Quantile(0.999))
	r.Max = time.Duration(f.latency.Max())
	if f.out.Encode(message{event, r}) != nil {
		f.stop.Store(true)
	}
}

// check counts an error that is no client's as a failure.
func (f *fleet) check(err error) {
	if err != nil {
		f.fail(-1, "%v", err)
	}
}

// fail counts a failure and keeps the first ones. All clients are tasks of one goroutine,
// so nothing is locked.
func (f *fleet) fail(id int, format string, args ...any) {
	f.result.Failures++
	if len(f.result.Examples) < 5 {
		f.result.Examples = append(f.result.Examples, fmt.Sprintf("client %d: ", id)+fmt.Sprintf(format, args...))
	}
}
