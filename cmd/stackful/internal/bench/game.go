package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// gameCommand is the subcommand that plays with one kind of script, in a process of its own, so that no
// kind starts with the stacks of another.
const gameCommand = "bench-game"

// frameBudget is the time of a frame: what takes longer is seen.
const frameBudget = time.Second / 60

// gameSlices is how many slices the game of a round lasts: with the defaults, 8 seconds in all.
const gameSlices = 36

// A gameReport is what the child writes.
type gameReport struct {
	Frames      []int64 // what each took, in nanoseconds
	Steps       int     // of all scripts
	InUse, Kept uint64  // bytes of stacks at the last frame, and when all scripts have ended and some collections have been
}

// benchGame plays a game in which each character has a script: ordinary code that is left in the middle in
// each frame. It is the costs of a program and not of a switch: bodies with frames of their own, garbage, and
// scripts that end, are ended and started all the time.
func benchGame(ctx context.Context, b *settings) ([]Result, error) {
	r := Result{Name: "game", Unit: "ns", Figure: "median",
		About: fmt.Sprintf("a frame of a game with %s scripts, each resumed once; each kind in a process of its own", units.Thousands(int64(b.live)))}
	frames := max(3, int(time.Duration(b.rounds)*gameSlices*b.slice/frameBudget))
	steps := 0
	for _, k := range scriptKinds {
		b.t.Status(fmt.Sprintf("%s: %s", r.Name, k.name))
		got, err := inChild[gameReport](ctx, b.t, k.name, gameCommand, "-n", fmt.Sprint(b.live), "-frames", fmt.Sprint(frames))
		if err != nil {
			return nil, err
		}
		if steps == 0 {
			steps = got.Steps
		}
		if got.Steps != steps || len(got.Frames) != frames {
			return nil, fmt.Errorf("%s: %d steps in %d frames, want %d in %d", k.name, got.Steps, len(got.Frames), steps, frames)
		}
		r.Rows = append(r.Rows, got.row(k.name))
	}
	mine := &r.Rows[0]
	for i := range r.Rows {
		if row := &r.Rows[i]; !ours(row.Name) {
			r.Ratios = append(r.Ratios, Ratio{Name: "time of " + row.Name + " in that of " + mine.Name, Ours: mine.Name, Theirs: row.Name,
				Value: row.Value / mine.Value, Faster: true})
		}
	}
	r.Notes = []string{
		fmt.Sprintf("Each script allocates an event in each frame; some end, some are ended, and others take their places: %s steps in %d frames. The first one starts them all.",
			units.Thousands(int64(steps)), frames),
		fmt.Sprintf("In budget: frames of at most %v. Stacks: of the process at the last frame; kept: when all scripts have ended.", units.Duration(float64(frameBudget))),
	}
	return []Result{r}, nil
}

// row turns the report into a row.
func (r *gameReport) row(name string) Row {
	times, within := new(measure.Histogram), 0
	for _, ns := range r.Frames {
		times.Add(uint64(ns))
		if time.Duration(ns) <= frameBudget {
			within++
		}
	}
	return Row{Name: name, Value: float64(times.Quantile(0.5)), More: []Figure{
		{Name: "p99", Value: float64(times.Quantile(0.99))},
		{Name: "longest", Value: float64(times.Max())},
		{Name: "in budget", Unit: "%", Value: 100 * float64(within) / float64(len(r.Frames))},
		{Name: "stacks", Unit: "bytes", Value: float64(r.InUse)},
		{Name: "kept", Unit: "bytes", Value: float64(r.Kept)},
	}}
}

// runGameChild is the child.
func runGameChild(ctx context.Context, t *term.Terminal, args []string) error {
	fs := cli.Flags(t, gameCommand, "", "")
	n, frames := fs.Int("n", 1, ""), fs.Int("frames", 1, "")
	if err := cli.Parse(fs, args, true); err != nil {
		return err
	}
	for _, k := range scriptKinds {
		if k.name == fs.Arg(0) {
			return json.NewEncoder(t.Out).Encode(play(k, *n, *frames, frameBudget))
		}
	}
	return cli.Usagef("no such kind: %q", fs.Arg(0))
}

// play plays frames, one in each budget of time. The first one begins with no scripts.
func play(k scriptKind, n, frames int, budget time.Duration) gameReport {
	g := &game{kind: k, scripts: make([]script, n)}
	report := gameReport{Frames: make([]int64, 0, frames)}
	next := time.Now()
	for f := range frames {
		time.Sleep(time.Until(next))
		start := time.Now()
		if f == 0 { // some kinds make their stacks when a script is made, others when it runs for the first time
			for i := range g.scripts {
				g.start(i)
			}
		}
		g.frame()
		report.Frames = append(report.Frames, int64(time.Since(start)))
		// What was missed is not caught up with.
		if next = next.Add(budget); time.Now().After(next) {
			next = time.Now()
		}
	}
	report.InUse = stacksInUse()
	for _, s := range g.scripts {
		s.end()
	}
	*g = game{steps: g.steps}
	for range 8 { // what one finds free, the next gives back; stacks end beside it
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	report.Kept, report.Steps = stacksInUse(), g.steps
	return report
}

func stacksInUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.StackInuse
}

// A game has a script for each character, all of one kind.
type game struct {
	kind    scriptKind
	scripts []script
	events  []*event // of this frame
	steps   int
	seed    uint64
}

// frame resumes each script once, and puts a new one in the place of each that has ended. One in 500 is ended
// where it stands.
func (g *game) frame() {
	clear(g.events)
	g.events = g.events[:0]
	for i := range g.scripts {
		s := &g.scripts[i]
		if random(&g.seed)%500 == 0 {
			s.end()
			g.start(i)
		}
		if !s.resume() {
			g.start(i)
		}
	}
}

// start starts a script in place i. It lives for 100 to 299 frames.
func (g *game) start(i int) {
	w := &walker{game: g, seed: random(&g.seed), frames: int(100 + random(&g.seed)%200)}
	g.scripts[i] = g.kind.start(w.run)
}

// random is a linear congruential generator: each kind plays the same game.
func random(seed *uint64) uint64 {
	*seed = *seed*6364136223846793005 + 1442695040888963407
	return *seed >> 33
}

type place struct{ x, y int }

// An event is what a character tells the game in a frame.
type event struct {
	who  *walker
	at   place
	seen [8]int
}

// A walker is a character, which walks from place to place by ways that it plans.
type walker struct {
	game   *game
	seed   uint64
	frames int
	at     place
}

// run is the script: yield leaves it until the next frame, and returns false if it has to end.
func (w *walker) run(yield func() bool) {
	for way := []place(nil); w.frames > 0; w.frames-- {
		if len(way) == 0 {
			way = w.plan(way, 3)
		}
		w.at, way = way[0], way[1:]
		w.tell(w.at)
		if !yield() {
			return
		}
	}
}

// plan makes a way of 2^depth places.
func (w *walker) plan(way []place, depth int) []place {
	if depth == 0 {
		return append(way, place{int(random(&w.seed) % 1000), int(random(&w.seed) % 1000)})
	}
	return w.plan(w.plan(way, depth-1), depth-1)
}

func (w *walker) tell(at place) {
	e := &event{who: w, at: at}
	for i := range e.seen {
		e.seen[i] = int(random(&w.seed) % 100)
	}
	w.game.events = append(w.game.events, e)
	w.game.steps++
}
