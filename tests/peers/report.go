package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful"
)

// A table is written as Markdown that can be read as it is.
type table struct {
	rows [][]string
	text bool // no column is of numbers
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// target adds a row of what is, and what is wanted.
func (t *table) target(what string, is, most float64) {
	verdict := "met"
	if is > most {
		verdict = "NOT met"
	}
	t.row(what, fmt.Sprintf("%.2f", is), fmt.Sprintf("at most %.2f", most), verdict)
}

func (t *table) write(w io.Writer) {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 3)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Fprintln(w)
	line := func(cells []string) {
		for i, cell := range cells {
			fmt.Fprintf(w, "| %-*s ", widths[i], cell)
		}
		fmt.Fprintln(w, "|")
	}
	line(t.rows[0])
	for i, width := range widths {
		dashes := strings.Repeat("-", width+2)
		if i > 0 && !t.text {
			dashes = dashes[1:] + ":"
		}
		fmt.Fprint(w, "|", dashes)
	}
	fmt.Fprintln(w, "|")
	for _, row := range t.rows[1:] {
		line(row)
	}
}

// writeHead says what was measured, on what.
func writeHead(w io.Writer, o options) {
	fmt.Fprintf(w, "# Package poller beside other servers\n\n")
	fmt.Fprintf(w, "Written by `go run . -o RESULTS.md`: medians of %d rounds of %v for each server, in turn, each in a process\n", o.rounds, o.duration)
	fmt.Fprintf(w, "of its own with one processor on one core, and the clients in another one on another core. Processor time is\n")
	fmt.Fprintf(w, "the server's, by getrusage; ratios are medians of the ratios within a round.\n")
	t := table{text: true}
	t.row("what", "")
	t.row("date", time.Now().UTC().Format(time.DateOnly))
	t.row("CPU", fmt.Sprintf("%s, %d cores", cpuModel(), runtime.NumCPU()))
	t.row("kernel", kernel())
	t.row("load of the machine before", loadAverage())
	t.row("Go", runtime.Version())
	backend := "portable"
	if stackful.Backend().Native {
		backend = "native"
	}
	t.row("backend", backend)
	info, _ := debug.ReadBuildInfo()
	var modules []string
	for _, s := range servers {
		if s.module == "" || info == nil || slices.Contains(modules, s.module) {
			continue
		}
		modules = append(modules, s.module)
		for _, dep := range info.Deps {
			if dep.Path == s.module {
				t.row(s.module, dep.Version)
			}
		}
	}
	t.write(w)
	t = table{text: true}
	t.row("server", "")
	for _, s := range servers {
		t.row(s.name, s.about)
	}
	t.write(w)
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "?"
	}
	return "Linux " + unix.ByteSliceToString(u.Release[:])
}

// loadAverage returns how many processes wanted a processor in the last minute:
// with more than there are, latency and throughput tell little, and processor
// time is what to look at.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// thousands writes n with a separator.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func millions(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }

func least(xs []float64) float64 { return slices.Min(xs) }
