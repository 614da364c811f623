package term

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// A Terminal is where a subcommand reads and writes. On a real one, a status
// line at the bottom shows progress. Its methods may be called from any
// goroutine.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Live     bool // Out and Err are a real terminal: Status shows something

	mu    sync.Mutex
	shown bool // a status line stands at the bottom
}

// New returns a terminal that reads from in and writes results to out, progress and errors
// to err.
func New(in io.Reader, out, err io.Writer) *Terminal {
	return &Terminal{In: in, Out: out, Err: err, Live: isTerminal(err) && isTerminal(out)}
}

// isTerminal reports whether w understands escape sequences.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// clearLine moves the cursor to the start of its line and erases the line.
const clearLine = "\r\x1b[K"

// Status shows a line of progress in place of the last one, on a real terminal
// only; an empty one removes it.
func (t *Terminal) Status(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Live && (t.shown || text != "") {
		fmt.Fprint(t.Err, clearLine, text)
		t.shown = text != ""
	}
}

// Printf prints to the standard output, above the status line.
func (t *Terminal) Printf(format string, args ...any) {
	t.Status("")
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.Out, format, args...)
}
