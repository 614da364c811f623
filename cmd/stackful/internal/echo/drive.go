package echo

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/child"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// driveClients runs the clients against addr in a child process, shows how it
// goes, and calls usage around the time that is measured: at first with memory, when all are
// connected and none has sent anything.
func driveClients(ctx context.Context, t *term.Terminal, o options, addr string, usage func(memory bool) Usage) (*clientRun, error) {
	c, err := child.Start(ctx, t.Err, nil, clientCommand, "-addr", addr, "-clients", fmt.Sprint(o.clients),
		"-d", o.duration.String(), "-payload", fmt.Sprint(o.payload))
	if err != nil {
		return nil, err
	}
	report := new(clientRun)
	show := progressLines{t: t, quiet: o.compare}
	for {
		var m message
		if err := c.Read(&m); err != nil {
			c.Kill()
			return nil, cmp.Or(ctx.Err(), fmt.Errorf("%s: %w", clientCommand, err))
		}
		report.result = m.Result
		switch m.Event {
		case "ready":
			report.start = usage(true)
			// If ctx is done the child's input is closed; it still sends what it has.
			if err := c.Tell("go"); err != nil && ctx.Err() == nil {
				c.Kill()
				return nil, fmt.Errorf("%s: %w", clientCommand, err)
			}
		case "progress":
			show.progress(m.Result)
		case "measured":
			report.finish = usage(false)
		case "result":
			t.Status("")
			if err := c.Wait(); err != nil && ctx.Err() == nil {
				return nil, err
			}
			return report, nil
		}
	}
}

// progressLines shows how clients get on: in the status line on a terminal, and
// as a line for each second elsewhere.
type progressLines struct {
	t     *term.Terminal
	quiet bool // nothing where there is no status line

	// As of what was shown last.
	requests int64
	elapsed  time.Duration
	seconds  int
}

// progress shows r, with the throughput since it last showed one.
func (p *progressLines) progress(r result) {
	rate := float64(r.Requests-p.requests) / (r.Elapsed - p.elapsed).Seconds()
	text := fmt.Sprintf("%5.1f s  %9s requests/s  p50 %s  p99 %s  %s", r.Elapsed.Seconds(), units.Digits(rate),
		units.Duration(float64(r.P50)), units.Duration(float64(r.P99)), units.Plural(r.Failures, "failure", "failures"))
	switch {
	case p.t.Live:
		p.requests, p.elapsed = r.Requests, r.Elapsed
		p.t.Status(text)
	case !p.quiet && int(r.Elapsed.Seconds()) > p.seconds:
		p.requests, p.elapsed, p.seconds = r.Requests, r.Elapsed, int(r.Elapsed.Seconds())
		p.t.Printf("%s\n", text)
	}
}
