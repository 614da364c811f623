package echo

import (
	"fmt"
	"strings"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/machine"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// A clientRun is the outcome of one run of clients.
type clientRun struct {
	result        result
	start, finish Usage // of the server, around the measured time
}

// perSecond returns the throughput, in requests.
func (r *clientRun) perSecond() float64 {
	return float64(r.result.Requests) / r.result.Elapsed.Seconds()
}

// cpuPerRequest returns the server's processor time in nanoseconds, 0 if it is
// not known.
func (r *clientRun) cpuPerRequest() float64 {
	if !r.finish.HasCPU || r.result.Requests == 0 {
		return 0
	}
	return float64(r.finish.CPU-r.start.CPU) / float64(r.result.Requests)
}

// print writes the figures; before is the memory of the server's process before it served.
func (r *clientRun) print(t *term.Terminal, before measure.MemoryUse, served Usage) {
	c := r.result
	lines := term.Sheet{Left: "ll"}
	lines.Row("requests", fmt.Sprintf("%s in %.2f s, each reply verified: %s", units.Thousands(c.Requests),
		c.Elapsed.Seconds(), units.Plural(c.Failures, "failure", "failures")))
	lines.Row("throughput", units.Digits(r.perSecond())+" requests/s")
	lines.Row("latency", fmt.Sprintf("p50 %s, p99 %s, p99.9 %s, max %s", units.Duration(float64(c.P50)),
		units.Duration(float64(c.P99)), units.Duration(float64(c.P999)), units.Duration(float64(c.Max))))
	lines.Row("connections", fmt.Sprintf("%s served by %s", units.Thousands(int64(served.Served)), Goroutines(served.Goroutines)))
	if cpu := r.cpuPerRequest(); cpu > 0 {
		sleeps := float64(r.finish.Sleeps - r.start.Sleeps)
		share := func(used time.Duration) float64 { return 100 * float64(used) / float64(c.Elapsed) }
		lines.Row("CPU", fmt.Sprintf("server %s a request, %.0f %% of one core, asleep %s times a second; clients %.0f %%", units.Duration(cpu),
			share(r.finish.CPU-r.start.CPU), units.Digits(sleeps/c.Elapsed.Seconds()), share(c.CPU)))
	}
	if n := float64(c.Connected); n > 0 {
		use := r.start.Memory.Minus(before)
		text := fmt.Sprintf("heap %s + stacks %s for each open connection", units.Bytes(float64(use.Heap)/n), units.Bytes(float64(use.Stack)/n))
		if use.RSS != 0 {
			text += fmt.Sprintf("; resident %s", units.Bytes(float64(use.RSS)/n))
		}
		lines.Row("memory", text)
	}
	lines.Row("backend", machine.Backend())
	t.Printf("\n")
	lines.Write(t.Out, "")
	for _, text := range c.Examples {
		t.Printf("FAILURE: %s\n", text)
	}
}

// Goroutines names the goroutines that served.
func Goroutines(ids []uint64) string {
	switch n := len(ids); {
	case n == 0:
		return "no goroutine"
	case n == 1:
		return fmt.Sprintf("one goroutine: ids {%d}", ids[0])
	case n <= 8:
		return fmt.Sprintf("%d goroutines: ids {%s}", n, strings.Trim(fmt.Sprint(ids), "[]"))
	default:
		return fmt.Sprintf("%s goroutines: ids {%d ... %d}", units.Thousands(int64(n)), ids[0], ids[n-1])
	}
}

// verdict is nil if all replies were right, and, where tasks are on one goroutine at all,
// all connections were served by one.
func (r *clientRun) verdict(t *term.Terminal, std bool, served Usage) error {
	oneGoroutine := stackful.Backend().Native && !std
	switch {
	case r.result.Failures > 0 || r.result.Requests == 0:
		t.Printf("FAILED: not every request was answered as it should be\n")
	case oneGoroutine && len(served.Goroutines) != 1:
		t.Printf("FAILED: connections were served by more than one goroutine\n")
	default:
		return nil
	}
	return cli.ErrReported
}
