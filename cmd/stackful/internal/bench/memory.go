package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// memoryCommand is the subcommand that measures one kind, in a process of its own: memory
// that one kind has used and the runtime has kept would make the next one look cheap.
const memoryCommand = "bench-memory"

// A memoryKind is something that can be suspended in large numbers. It makes n,
// calls peak while all are suspended, resumes all to their end, and returns how
// many have ended: those that were counted were really there.
type memoryKind struct {
	name, about string
	run         func(n int, peak func()) (ended int)
}

var memoryKinds = []memoryKind{
	{"coro.Coroutine", "suspended in Switch", memoryCoroutines},
	{"stackful.Stack", "suspended in Switch", memoryStacks},
	{"goroutine, own channel", "parked, can be resumed one by one", memoryGoroutines},
	{"goroutine, shared channel", "parked, cannot be resumed one by one", memoryShared},
}

// bodyKinds have the bodies of programs: each has decoded a message before it waits, and goes on with
// it afterwards, so that its stack has grown and its frames hold something.
var bodyKinds = []memoryKind{
	{"coro.Coroutine, JSON decoded", "decodes JSON, then suspended in Switch", memoryCoroutineBodies},
	{"goroutine, JSON decoded", "decodes JSON, then parked on a channel of its own", memoryGoroutineBodies},
}

// A memoryReport is what the child that measures a kind writes.
type memoryReport struct {
	Use   measure.MemoryUse
	Ended int
}

// manyKinds is the number from which on only the two kinds that one resumes one by one are
// measured.
const manyKinds = 1_000_000

// benchMemory measures the number that was asked for; else -count, and with -million that, too.
func benchMemory(ctx context.Context, b *settings) (results []Result, err error) {
	counts := []int{b.count}
	switch {
	case b.number != 0:
		counts = []int{b.number}
	case b.million:
		counts = append(counts, 1_000_000)
	}
	for _, n := range counts {
		kinds := memoryKinds
		if n >= manyKinds {
			kinds = []memoryKind{memoryKinds[0], memoryKinds[2]}
		}
		r, err := b.memory(ctx, "memory", n, kinds)
		results = append(results, r)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// benchMemoryBody measures bodyKinds.
func benchMemoryBody(ctx context.Context, b *settings) ([]Result, error) {
	r, err := b.memory(ctx, "memory-body", cmp.Or(b.number, b.count), bodyKinds)
	return []Result{r}, err
}

// memory measures n of each kind, each in a child, and compares their bytes.
func (b *settings) memory(ctx context.Context, name string, n int, kinds []memoryKind) (Result, error) {
	count := units.Thousands(int64(n))
	r := Result{Name: fmt.Sprintf("%s-%d", name, n), Unit: "bytes", Figure: "resident",
		About: fmt.Sprintf("bytes of one, when %s are suspended; each kind in a process of its own", count)}
	for _, k := range kinds {
		b.t.Status(fmt.Sprintf("%s: %s", r.Name, k.name))
		got, err := inChild[memoryReport](ctx, b.t, k.name, memoryCommand, "-n", fmt.Sprint(n))
		if err != nil {
			return r, err
		}
		if got.Ended != n {
			return r, fmt.Errorf("%s: %d of %d have ended", k.name, got.Ended, n)
		}
		one := func(bytes int64) float64 { return float64(bytes) / float64(n) }
		row := Row{Name: k.name, Value: one(got.Use.RSS), More: []Figure{
			{Name: "Go's stacks", Value: one(got.Use.Stack)}, {Name: "Go's heap", Value: one(got.Use.Heap)},
			{Name: "Go's sum", Value: one(got.Use.Stack + got.Use.Heap)},
		}}
		if got.Use.RSS == 0 { // not known on this system
			row.Value = one(got.Use.Stack + got.Use.Heap)
		}
		r.Rows = append(r.Rows, row)
		r.Notes = append(r.Notes, fmt.Sprintf("%s: %s. All %s were then resumed and have ended.", k.name, k.about, count))
	}
	coroutine := r.Rows[0].Name
	for _, row := range r.Rows {
		if ours(row.Name) {
			continue
		}
		ratio := r.row(coroutine).Value / row.Value
		r.Ratios = append(r.Ratios, Ratio{Name: "bytes of " + coroutine + ", in those of " + row.Name, Ours: coroutine, Theirs: row.Name, Value: ratio})
	}
	return r, nil
}

// runMemoryChild is the child: it measures one kind.
func runMemoryChild(ctx context.Context, t *term.Terminal, args []string) error {
	fs := cli.Flags(t, memoryCommand, "", "")
	n := fs.Int("n", 1, "")
	if err := cli.Parse(fs, args, true); err != nil {
		return err
	}
	for _, k := range slices.Concat(memoryKinds, bodyKinds) {
		if k.name != fs.Arg(0) {
			continue
		}
		var r memoryReport
		k.run(100, func() {}) // pools and the like are made now, and not counted
		before := measure.Memory()
		r.Ended = k.run(*n, func() { r.Use = measure.Memory().Minus(before) })
		return json.NewEncoder(t.Out).Encode(r)
	}
	return cli.Usagef("no such kind: %q", fs.Arg(0))
}
