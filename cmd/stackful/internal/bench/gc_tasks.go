package bench

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/cmd/stackful/internal/garbage"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/internal/units"
	"github.com/stackful-go/stackful/poller"
)

// benchGCTasks times single switches between the tasks of one hub, which yield all
// the time, while another goroutine allocates.
func benchGCTasks(ctx context.Context, b *settings) ([]Result, error) {
	const marked, all = "poller, marking", "poller, all"
	r := Result{Name: "gc-tasks", Unit: "ns", Figure: "longest",
		About: fmt.Sprintf("a single switch between two of %s tasks of package poller, collections running back to back", units.Thousands(int64(b.live)))}
	stop := garbage.Begin()
	defer stop()
	times := new(taskTimes)
	window := time.Duration(b.rounds) * 5 * b.slice
	b.t.Status(r.Name)
	cycles := uint32(0)
	err := poller.Run(func() {
		var group poller.Group
		for range b.live {
			group.Go(times.task)
		}
		poller.Yield() // each has started
		cycles = collections(func() {
			times.begin()
			poller.Sleep(window)
			times.on, times.over = false, true
		})
		group.Join()
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if times.marked.N() > 0 { // it is not known in the portable backend
		r.Rows = append(r.Rows, rounds{&times.marked}.distribution(marked))
	}
	r.Rows = append(r.Rows, rounds{&times.all}.distribution(all))
	r.Notes = []string{
		fmt.Sprintf("For %v, with GOMAXPROCS=%d: %.0f collections a second. %s switches, %s of them while the collector marked.", window,
			runtime.GOMAXPROCS(0), float64(cycles)/window.Seconds(), units.Thousands(int64(times.all.N())), units.Thousands(int64(times.marked.N()))),
		"A switch is from the call of Yield in one task to its return in the next, polling included.",
	}
	return []Result{r}, nil
}

// taskTimes is what the tasks have measured: each reads the clock before it yields,
// and the next one to run adds the time that has passed.
type taskTimes struct {
	on, over    bool
	since       uint64
	wasMarking  bool
	all, marked measure.Histogram
}

// begin starts measuring. The clock is read here for the first task that runs then.
func (m *taskTimes) begin() {
	m.on = true
	m.depart()
}

// depart and arrive are the two ends of a switch. One counts as marking if the collector
// marked at either of them.
func (m *taskTimes) depart() {
	m.wasMarking = stackful.Marking()
	m.since = asm.Cycles()
}

func (m *taskTimes) arrive() {
	took := asm.Cycles() - m.since
	m.all.Add(took)
	if m.wasMarking || stackful.Marking() {
		m.marked.Add(took)
	}
}

// task is the body of every task. Before the measurement is on it only yields, so that all
// have started by then.
func (m *taskTimes) task() error {
	for !m.over {
		if m.on {
			m.depart()
		}
		poller.Yield()
		if m.on {
			m.arrive()
		}
	}
	return nil
}
