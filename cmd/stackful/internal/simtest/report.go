package simtest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stackful-go/stackful/internal/simrun"
	"github.com/stackful-go/stackful/internal/units"
)

// took is how long a test took, as go test has it.
func (v *verdict) took() string { return fmt.Sprintf("%.1fs", time.Since(v.began).Seconds()) }

func (r *Runner) tellOK(t *test, v *verdict) {
	seeds := units.Plural(v.runs, "seed", "seeds")
	if r.Seeds == 1 {
		seeds = fmt.Sprintf("seed %d", r.First)
	}
	r.t.Printf("ok  \t%s\t%s\t%s\t%s\n", t.pkg.Path, t.name, seeds, v.took())
}

func (r *Runner) tellSkipped(t *test, v *verdict) {
	why := strings.TrimSpace(v.skipped.page.Text())
	if why == "" {
		why = "skipped"
	}
	r.t.Printf("skip\t%s\t%s\t%s\n", t.pkg.Path, t.name, strings.ReplaceAll(why, "\n", "; "))
}

func (r *Runner) tellDiffers(t *test, v *verdict) {
	var b strings.Builder
	fmt.Fprintf(&b, "--- FAIL: %s: it depends on something else than the seed: two runs of seed %d are not the same\n", t.name, r.First)
	indent(&b, v.differs)
	b.WriteString("    look for what is outside of the simulation: the process's number, files, environment, goroutines that init or TestMain has started\n")
	if v.first != nil {
		b.WriteString("    one of them has failed:\n")
		indent(&b, string(v.first.output))
	}
	fmt.Fprintf(&b, "    to see it again: %s\n", r.command(t, r.First))
	r.t.Printf("%sFAIL\t%s\t%s\tseed %d\t%s\n", b.String(), t.pkg.Path, t.name, r.First, v.took())
}

// tellFailure tells of the first failure. again is the same seed, whose schedule was written.
func (r *Runner) tellFailure(t *test, v *verdict, again *outcome) {
	o := v.first
	count := fmt.Sprintf("%s of %s failed", units.Thousands(int64(len(v.failures))), units.Plural(v.runs, "run", "runs"))
	var b strings.Builder
	fmt.Fprintf(&b, "--- FAIL: %s with seed %d (%s)\n", t.name, o.seed, count)
	if r.All && len(v.failures) > 1 {
		fmt.Fprintf(&b, "    seeds that fail: %s\n", list(v.failures, 20))
	}
	output := bytes.TrimRight(o.output, "\n")
	if o.timedOut {
		output = withoutNoise(output)
	}
	indent(&b, string(output))
	if text := o.explanation(); text != "" {
		indent(&b, text)
	}
	r.tellSchedule(&b, o, again)
	fmt.Fprintf(&b, "    to see it again: %s\n", r.command(t, o.seed))
	r.t.Printf("%sFAIL\t%s\t%s\tseed %d, %s\t%s\n", b.String(), t.pkg.Path, t.name, o.seed, count, v.took())
}

// explanation is what has to be said besides the output of a failed run.
func (o *outcome) explanation() string {
	switch {
	case o.timedOut:
		return o.end
	case o.page.State == simrun.NotBegun && o.end == "":
		return "the process has ended without running the test in a simulation: does TestMain call m.Run?"
	case o.page.State == simrun.NotBegun:
		return "the process has ended before the test began: " + o.end
	case o.page.State == simrun.Running && o.end == "":
		return "the process has ended before the test had"
	case o.page.State == simrun.Running:
		return o.end
	case o.page.State == simrun.Ended && !o.page.Failed && o.end != "":
		return "the test itself has passed, but the process failed: " + o.end
	}
	return ""
}

// shownEvents is how many events of a schedule are shown.
const shownEvents = 20

// tellSchedule tells of the end of a schedule.
func (r *Runner) tellSchedule(b *strings.Builder, o, again *outcome) {
	lines, err := tail(again.log, shownEvents)
	switch {
	case again.log == "", err != nil || len(lines) == 1 && lines[0] == "":
		return
	case o.timedOut || again.timedOut:
	case same(o, again):
	default:
		fmt.Fprintf(b, "    run once more, the seed has done something else: the test depends on something else than the seed\n"+
			"      the first: %s\n      now:       %s\n", o.result(o.page.Hash), again.result(again.page.Hash))
	}
	fmt.Fprintf(b, "    the end of its schedule (virtual seconds; %s in all):\n", units.Plural(int(again.page.Switches), "switch", "switches"))
	for _, line := range lines {
		fmt.Fprintf(b, "    %s\n", line)
	}
	if text := places(again.log, lines); text != "" {
		fmt.Fprintf(b, "    where the tasks were started:\n%s", text)
	}
	for _, f := range []struct{ flag, name string }{{"log", r.Log}, {"timeline", r.Timeline}} {
		if f.name != "" && r.recorded == aFailure {
			fmt.Fprintf(b, "    -%s: %s\n", f.flag, f.name)
		}
	}
}

// places says where the tasks were started that a part of the schedule names.
func places(log string, lines []string) string {
	f, err := os.Open(log)
	if err != nil {
		return ""
	}
	defer f.Close()
	var b strings.Builder
	told := make(map[string]bool)
	for s := bufio.NewScanner(f); s.Scan(); {
		m := titled.FindStringSubmatch(s.Text())
		if m == nil || told[m[1]] || !slices.ContainsFunc(lines, func(line string) bool { return names(line, m[1]) }) {
			continue
		}
		told[m[1]] = true
		fmt.Fprintf(&b, "      %s  %s\n", m[1], m[2])
	}
	return b.String()
}

// titled is a line of a schedule that names a task with its place.
var titled = regexp.MustCompile(`^ *\d+\.\d+  (.+?), (\S+:\d+ .+?) (?:is started by |is to start|is there: |runs$)`)

// names reports whether a line of a schedule is of the task, or ends with it.
func names(line, task string) bool {
	_, rest, _ := strings.Cut(strings.TrimLeft(line, " "), "  ")
	return strings.HasPrefix(rest, task+" ") || strings.HasPrefix(rest, task+",") || strings.HasSuffix(rest, " by "+task)
}

// withoutNoise takes out of a dump of all goroutines those of the runtime itself and of the scheduler's free
// stacks, and the registers.
func withoutNoise(dump []byte) []byte {
	var kept [][]byte
	for _, part := range bytes.Split(dump, []byte("\n\n")) {
		if !noise.Match(part) {
			kept = append(kept, part)
		}
	}
	return bytes.Join(kept, []byte("\n\n"))
}

var noise = regexp.MustCompile(`(?s)^goroutine \d+ [^\n]*:\n(trampoline\d|.*\ncreated by runtime\.)` +
	`|^goroutine .*\ngithub\.com/stackful-go/stackful\.(switchNative\(.*\(\*Hub\)\.rootLoop\(|\(\*carrierPool\)\.start)` +
	`|^goroutine 0 |^(rax|r0) +0x`)

// indent writes lines with an indent.
func indent(b *strings.Builder, text string) {
	for line := range strings.Lines(text) {
		b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
	}
}

// list lists seeds, n at most.
func list(seeds []uint64, n int) string {
	var b strings.Builder
	for i, s := range seeds {
		if i == n {
			fmt.Fprintf(&b, " and %s more", units.Thousands(int64(len(seeds)-n)))
			break
		}
		fmt.Fprintf(&b, " %d", s)
	}
	return b.String()[1:]
}

// command returns the command that runs the seed again.
func (r *Runner) command(t *test, seed uint64) string {
	var words []string
	for _, w := range r.Again {
		words = append(words, quoted(w))
	}
	words = append(words, "-seed", fmt.Sprint(seed))
	if r.Short {
		words = append(words, "-short")
	}
	words = append(words, "-run", "'"+strings.ReplaceAll(t.run, "'", `'\''`)+"'", quoted(t.pkg.Arg))
	if len(r.Args) > 0 {
		words = append(words, "-args")
		for _, w := range r.Args {
			words = append(words, quoted(w))
		}
	}
	return strings.Join(words, " ")
}

var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoted quotes a word for a shell, if need be.
func quoted(w string) string {
	if plain.MatchString(w) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
