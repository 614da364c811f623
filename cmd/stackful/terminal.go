package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A terminal is where a subcommand reads and writes. On a real one, a status
// line at the bottom shows progress. Its methods may be called from any
// goroutine.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	live     bool // err is a real terminal

	mu    sync.Mutex
	shown bool // a status line stands at the bottom
}

func newTerminal(in io.Reader, out, err io.Writer) *terminal {
	return &terminal{in: in, out: out, err: err, live: isTerminal(err) && isTerminal(out)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const clearLine = "\r\x1b[K"

// status shows a line of progress in place of the last one, on a real terminal
// only; an empty one removes it.
func (t *terminal) status(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live && (t.shown || text != "") {
		fmt.Fprint(t.err, clearLine, text)
		t.shown = text != ""
	}
}

// printf prints to the standard output, above the status line.
func (t *terminal) printf(format string, args ...any) {
	t.status("")
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format, args...)
}

// A sheet is text in columns. Cells are aligned right, but those of the columns
// named by left.
type sheet struct {
	left string // for each column: 'l' or 'r'
	rows [][]string
}

func (s *sheet) row(cells ...string) { s.rows = append(s.rows, cells) }

// write writes the sheet, each line after indent.
func (s *sheet) write(w io.Writer, indent string) {
	var width []int
	for _, row := range s.rows {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], runes(cell))
		}
	}
	for _, row := range s.rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", width[i]-runes(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if i < len(s.left) && s.left[i] == 'l' {
				line.WriteString(cell + gap)
			} else {
				line.WriteString(gap + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(indent+line.String(), " "))
	}
}

func runes(s string) int { return len([]rune(s)) }

// thousands writes n with separators.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(text) - 3; i > start; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// digits writes x with three significant digits, without an exponent.
func digits(x float64) string {
	switch {
	case x >= 99.95 || x <= -99.95:
		return thousands(int64(x + 0.5))
	case x >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// duration writes ns nanoseconds in a unit that fits.
func duration(ns float64) string {
	switch d := time.Duration(ns); {
	case d < time.Microsecond:
		return digits(ns) + " ns"
	case d < time.Millisecond:
		return digits(ns/1e3) + " µs"
	case d < time.Second:
		return digits(ns/1e6) + " ms"
	}
	return digits(ns/1e9) + " s"
}

// bytesText writes n bytes in a unit that fits.
func bytesText(n float64) string {
	switch {
	case n < 10<<10:
		return digits(n) + " B"
	case n < 10<<20:
		return digits(n/(1<<10)) + " KiB"
	}
	return digits(n/(1<<20)) + " MiB"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(int64(n)) + " " + many
}
