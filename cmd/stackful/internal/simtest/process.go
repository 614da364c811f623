package simtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/stackful-go/stackful/internal/simrun"
)

// A test is one of a package.
type test struct {
	pkg  Package
	name string
	run  string // the pattern that runs it
}

// An outcome is the result of a run.
type outcome struct {
	seed     uint64
	page     simrun.Page
	output   []byte
	end      string // of the process, in words; empty if it has exited with 0
	timedOut bool
	log      string // name of its file; empty: it was not written
	timeline string
	dir      string // to be removed
}

// failed reports whether the run counts as failed.
func (o *outcome) failed() bool { return o.end != "" || o.page.State != simrun.Ended || o.page.Failed }

// skipped reports whether the test was skipped.
func (o *outcome) skipped() bool { return !o.failed() && o.page.Skipped }

// The bounds of schedules: of those that are asked for, and of others.
const (
	mostLog  = 64 << 30
	lessLog  = 64 << 20
	graceful = 10 * time.Second // in which a process has written its stacks; after a quarter of it the runtime is asked to do that
)

// recording says which schedules of a run are written.
type recording struct {
	log, timeline bool
	most          int64  // bytes, of each
	from          uint64 // switch with which the log begins
}

// start runs a test with a seed, and returns when the process has ended. The error is not the test's. dir is an empty folder.
func (r *Runner) start(ctx context.Context, t *test, seed uint64, dir string, rec recording) (*outcome, error) {
	o := &outcome{seed: seed, dir: dir}
	order := simrun.Order{Seed: seed, Allow: r.Allow, Result: filepath.Join(dir, "result"), MostLog: rec.most, LogFrom: rec.from}
	if !r.Date.IsZero() {
		order.Date = r.Date.Unix()
	}
	if err := os.WriteFile(order.Result, make([]byte, simrun.PageSize), 0o666); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		wanted bool
		base   string
		to     []*string
	}{{rec.log, "log", []*string{&order.Log, &o.log}}, {rec.timeline, "timeline", []*string{&order.Timeline, &o.timeline}}} {
		if f.wanted {
			name := filepath.Join(dir, f.base)
			if err := os.WriteFile(name, nil, 0o666); err != nil {
				return nil, err
			}
			*f.to[0], *f.to[1] = name, name
		}
	}
	if err := r.process(ctx, t, dir, order, o); err != nil {
		return nil, err
	}
	for _, name := range []string{o.log, o.timeline} {
		if name != "" {
			if err := trim(name); err != nil {
				return nil, err
			}
		}
	}
	var err error
	o.page, err = simrun.ReadPage(order.Result)
	return o, err
}

// process runs the process.
func (r *Runner) process(ctx context.Context, t *test, dir string, order simrun.Order, o *outcome) error {
	limit, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	// Subtests in parallel are as many on each machine.
	args := []string{"-test.run", t.run, "-test.count", "1", "-test.parallel", "8", "-test.paniconexit0", "-test.timeout", "0"}
	if r.Short {
		args = append(args, "-test.short")
	}
	if r.Verbose {
		args = append(args, "-test.v")
	}
	cmd := exec.CommandContext(limit, t.pkg.Binary, append(args, r.Args...)...)
	cmd.Dir = t.pkg.Dir
	cmd.Env = append(r.Env[:len(r.Env):len(r.Env)], "PWD="+cmd.Dir, "TMPDIR="+filepath.Join(dir, "tmp"), simrun.Variable+"="+order.Text())
	out := new(output)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error {
		if ctx.Err() != nil {
			return cmd.Process.Kill()
		}
		o.timedOut = true
		time.AfterFunc(graceful/4, func() { quit(cmd.Process) })
		return quit(cmd.Process)
	}
	cmd.WaitDelay = graceful
	err := cmd.Run()
	o.output = out.bytes()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case o.timedOut:
		o.end = fmt.Sprintf("it was ended after %v of real time", r.Timeout)
	case errors.As(err, &exit):
		o.end = exit.ProcessState.String()
	case errors.Is(err, exec.ErrWaitDelay): // it has left a process behind that has its output
	case err != nil:
		return err
	}
	return nil
}

// trim cuts off the zeros at the end of a file.
func trim(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	buf := make([]byte, 64<<10)
	for size > 0 {
		n := min(size, int64(len(buf)))
		if _, err := f.ReadAt(buf[:n], size-n); err != nil {
			return err
		}
		if kept := bytes.TrimRight(buf[:n], "\x00"); len(kept) > 0 {
			size -= n - int64(len(kept))
			break
		}
		size -= n
	}
	return f.Truncate(size)
}

// An output keeps the beginning and the end of what a process prints.
type output struct {
	mu   sync.Mutex // standard output and error are one writer, but the process's children may go on
	head []byte
	tail []byte
	lost int
}

// half is how much of the beginning, and of the end, is kept at least.
const half = 128 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(p)
	k := min(n, half-len(o.head))
	o.head = append(o.head, p[:k]...)
	o.tail = append(o.tail, p[k:]...)
	if over := len(o.tail) - half; over > half {
		o.lost += over
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
	return n, nil
}

func (o *output) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost == 0 {
		return append(o.head, o.tail...)
	}
	return fmt.Appendf(nil, "%s\n... %d bytes are left out ...\n%s", o.head, o.lost, o.tail)
}
