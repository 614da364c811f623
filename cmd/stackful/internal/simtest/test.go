package simtest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/stackful-go/stackful/internal/simrun"
	"github.com/stackful-go/stackful/internal/units"
)

// A verdict is the result of a test with all its seeds.
type verdict struct {
	began    time.Time
	runs     int      // that have ended, each seed once
	failures []uint64 // seeds, in order
	first    *outcome // the failure with the lowest seed; nil if there is none
	skipped  *outcome // the run of the first seed, if it was skipped
	differs  string   // how two runs of the first seed differ; empty if they do not
}

// runTest runs a test with all seeds, and tells of it. The error is not the test's.
func (r *Runner) runTest(ctx context.Context, t *test) error {
	v := &verdict{began: time.Now()}
	if err := r.firstSeed(ctx, t, v); err != nil {
		return err
	}
	if v.differs == "" && v.skipped == nil && (v.first == nil || r.All) {
		if err := r.otherSeeds(ctx, t, v); err != nil {
			return err
		}
	}
	if v.first != nil {
		defer os.RemoveAll(v.first.dir)
	}
	switch {
	case v.differs != "":
		r.failed = true
		r.tellDiffers(t, v)
	case v.skipped != nil:
		r.tellSkipped(t, v)
	case v.first != nil:
		r.failed = true
		again := v.first
		if !v.first.timedOut || r.Log != "" || r.Timeline != "" { // it takes long, and has no end
			var err error
			if again, err = r.again(ctx, t, v.first); err != nil {
				return err
			}
			defer os.RemoveAll(again.dir)
			if err := r.record(again, aFailure); err != nil {
				return err
			}
		}
		r.tellFailure(t, v, again)
	default:
		r.tellOK(t, v)
	}
	return nil
}

// firstSeed runs the first seed twice, with the log on, and compares the two.
func (r *Runner) firstSeed(ctx context.Context, t *test, v *verdict) error {
	rec := recording{log: true, timeline: r.Timeline != "", most: r.bound()}
	var pair [2]*outcome
	var errs [2]error
	var both sync.WaitGroup
	for i := range pair {
		dir, err := r.folder()
		if err != nil {
			return err
		}
		defer func() {
			if v.first == nil || v.first.dir != dir {
				os.RemoveAll(dir)
			}
		}()
		run := func() { pair[i], errs[i] = r.start(ctx, t, r.First, dir, rec) }
		if r.Processes == 1 {
			run()
			continue
		}
		both.Add(1)
		go func() {
			defer both.Done()
			run()
		}()
	}
	both.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	a, b := pair[0], pair[1]
	if r.Verbose {
		r.t.Printf("%s", a.output)
	}
	v.add(a)
	var err error
	switch {
	case a.timedOut || b.timedOut: // where a run is ended depends on the machine
	case same(a, b):
	default:
		v.differs, err = difference(a, b)
		return err
	}
	if a.skipped() {
		v.skipped = a
		return nil
	}
	return r.record(a, aRun)
}

// bound is the bound of a schedule's size: there is none if the user wants it.
func (r *Runner) bound() int64 {
	if r.Log != "" || r.Timeline != "" {
		return mostLog
	}
	return lessLog
}

// same reports whether two runs of a seed have done the same, as far as their results tell.
func same(a, b *outcome) bool {
	p, q := &a.page, &b.page
	return p.Hash == q.Hash && p.Switches == q.Switches && p.Passed == q.Passed && p.State == q.State &&
		p.Failed == q.Failed && p.Skipped == q.Skipped && a.end == b.end
}

// add counts a run.
func (v *verdict) add(o *outcome) {
	v.runs++
	if !o.failed() {
		return
	}
	at, _ := slices.BinarySearch(v.failures, o.seed)
	v.failures = slices.Insert(v.failures, at, o.seed)
	if at == 0 {
		if v.first != nil {
			os.RemoveAll(v.first.dir)
		}
		v.first = o
	}
}

// otherSeeds runs the others, several at once.
func (r *Runner) otherSeeds(ctx context.Context, t *test, v *verdict) error {
	c := &crowd{r: r, t: t, v: v, next: 1, running: make(map[uint64]context.CancelFunc)}
	var all sync.WaitGroup
	for range min(r.Processes, r.Seeds-1) {
		all.Add(1)
		go func() {
			defer all.Done()
			for c.one(ctx) {
			}
		}()
	}
	all.Wait()
	return c.err
}

// A crowd is the runs of a test that are under way.
type crowd struct {
	r *Runner
	t *test

	mu      sync.Mutex // guards the other fields, and v
	v       *verdict
	next    int // index of the next seed
	running map[uint64]context.CancelFunc
	err     error
}

// one runs a seed. It reports false if there is no more to be run.
func (c *crowd) one(ctx context.Context) bool {
	c.mu.Lock()
	if c.err != nil || c.next >= c.r.Seeds || c.v.first != nil && !c.r.All {
		c.mu.Unlock()
		return false
	}
	seed := c.r.First + uint64(c.next)
	c.next++
	dir, err := c.r.folder()
	of, cancel := context.WithCancel(ctx)
	c.running[seed] = cancel
	c.mu.Unlock()
	defer cancel()
	var o *outcome
	if err == nil {
		o, err = c.r.start(of, c.t, seed, dir, recording{})
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, seed)
	switch {
	case err != nil && of.Err() != nil && ctx.Err() == nil: // one below has failed
	case err != nil:
		if c.err == nil {
			c.err = err
		}
	default:
		c.v.add(o)
		if o.failed() && !c.r.All {
			for other, cancel := range c.running {
				if other > seed {
					cancel()
				}
			}
		}
	}
	if o == nil || c.v.first != o {
		os.RemoveAll(dir)
	}
	c.r.t.Status(c.progress())
	return c.err == nil
}

// progress is a line for the terminal.
func (c *crowd) progress() string {
	text := fmt.Sprintf("%s  %s  %s of %s seeds", c.t.pkg.Path, c.t.name, units.Thousands(int64(c.v.runs)), units.Thousands(int64(c.r.Seeds)))
	if n := len(c.v.failures); n > 0 {
		text += fmt.Sprintf(", %s failed", units.Thousands(int64(n)))
	}
	return text
}

// again does the same run again, with its schedule written down; if the user does not want all of it, its end.
func (r *Runner) again(ctx context.Context, t *test, o *outcome) (*outcome, error) {
	dir, err := r.folder()
	if err != nil {
		return nil, err
	}
	rec := recording{log: true, timeline: r.Timeline != "", most: r.bound()}
	if r.Log == "" {
		const enough = 1000 // switches
		rec.from = max(o.page.Switches, enough) - enough
	}
	return r.start(ctx, t, o.seed, dir, rec)
}

// record keeps the schedule of a run for the user, unless there is one that is worth more.
func (r *Runner) record(o *outcome, what recorded) error {
	if r.recorded >= what {
		return nil
	}
	r.recorded = what
	if r.Log != "" {
		if err := copyFile(r.Log, o.log); err != nil {
			return err
		}
	}
	if r.Timeline != "" {
		if o.page.State < simrun.Broken {
			if err := complete(o.timeline); err != nil {
				return err
			}
		}
		return copyFile(r.Timeline, o.timeline)
	}
	return nil
}
