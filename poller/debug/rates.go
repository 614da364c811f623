package debug

import (
	"cmp"
	"slices"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// parks returns how often tasks have parked, for whatever reason.
func parks(s poller.Stats) (n uint64) {
	for _, k := range s.Parks {
		n += k
	}
	return n
}

// addRates computes the rates of h since a time d ago, when the counters were those given.
func (h *Hub) addRates(switches, parked uint64, d time.Duration) {
	if d > 0 {
		h.SwitchesPerSecond = float64(h.Stats.Switches-switches) / d.Seconds()
		h.ParksPerSecond = float64(parks(h.Stats)-parked) / d.Seconds()
	}
}

// addStalls fills in the stalls that were reported of hub.
func (h *Hub) addStalls(hub *sched.Hub) {
	n, last, at := hub.Stalls()
	if n > 0 {
		h.Stalls, h.LastStall = n, stallOf(last)
		h.LastStall.At = &at
	}
}

// stallOf returns the report of a stall.
func stallOf(s sched.Stall) *Stall {
	text := poller.Stall{Task: (*poller.Task)(s.Task), For: s.For, Stack: s.Stack}.String()
	return &Stall{Task: s.Task.Name(), For: s.For, Text: text}
}

// groupsOf counts the tasks with the same start, state and wait.
func groupsOf(tasks []sched.TaskInfo) []Group {
	type key struct {
		place sched.Place
		state sched.TaskState
		wait  string
	}
	counts := make(map[key]int)
	for i := range tasks {
		t := &tasks[i]
		counts[key{t.Place(), t.State, t.Wait}]++
	}
	groups := make([]Group, 0, len(counts))
	for k, n := range counts {
		groups = append(groups, Group{k.place.String(), string(k.state), k.wait, n})
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Start, b.Start), cmp.Compare(a.State, b.State), cmp.Compare(a.Wait, b.Wait))
	})
	return groups
}

// A sample is the counters of a hub at one time.
type sample struct {
	at              time.Time
	switches, parks uint64
}

// leastInterval is how long a sample is kept at least: several viewers share it, and a shorter
// time would make rates that jump.
const leastInterval = 500 * time.Millisecond

// A sampler computes rates between the reports of one Handler.
type sampler struct {
	last map[uint64][2]sample // by Hub.ID: the rates are those since the first
}

// rates replaces the rates of r by those since an earlier report.
func (s *sampler) rates(r *Report) {
	last := make(map[uint64][2]sample)
	for i := range r.Hubs {
		h := &r.Hubs[i]
		if !h.Answered {
			continue
		}
		now := sample{r.Time, h.Stats.Switches, parks(h.Stats)}
		was, ok := s.last[h.ID]
		switch {
		case !ok:
			was = [2]sample{now, now}
		case now.at.Sub(was[1].at) >= leastInterval:
			was = [2]sample{was[1], now}
		}
		if since := was[0]; now.at.Sub(since.at) > 0 {
			h.addRates(since.switches, since.parks, now.at.Sub(since.at))
		}
		last[h.ID] = was
	}
	s.last = last
}
