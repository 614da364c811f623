package poller

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Cmd is an exec.Cmd whose methods park the task: it is gevent's subprocess. Its
// fields, among them Env, Dir, Stdin, Stdout and Stderr, are those of the exec.Cmd
// inside. It must be used by one task at a time, but reading and writing its pipes.
//
// A reader in Stdin, and writers in Stdout and Stderr, that are no *os.File are used
// by tasks of the same hub: they may park, and need no locks against other tasks.
//
// If the task is interrupted in Start, Wait, or a method that calls them, the process is
// killed. It is also killed at the end of the Run in which it was started. To have it
// killed whenever its task is, wherever it is parked, use
// CommandContext(Current().Context(), ...).
//
// In a goroutine without a hub, the methods are those of exec.Cmd.
type Cmd struct {
	*exec.Cmd

	child  *childProcess // once started in a task
	ours   []*File
	childs []*os.File
	copies []*Future[struct{}]
}

// Command is exec.Command.
func Command(name string, arg ...string) *Cmd {
	return &Cmd{Cmd: exec.Command(name, arg...)}
}

// CommandContext is exec.CommandContext: when ctx is done the process is killed, see
// exec.Cmd's Cancel and WaitDelay.
func CommandContext(ctx context.Context, name string, arg ...string) *Cmd {
	return &Cmd{Cmd: exec.CommandContext(ctx, name, arg...)}
}

// StdinPipe returns the writing end of a pipe to the process's standard input. Wait
// closes it; close it earlier to let the process read to the end.
func (c *Cmd) StdinPipe() (*File, error) {
	if c.Stdin != nil {
		return nil, errors.New("poller: Stdin already set")
	}
	f, child, err := c.pipe("StdinPipe", true)
	if err == nil {
		c.Stdin = child
	}
	return f, err
}

// StdoutPipe returns the reading end of a pipe from the process's standard output.
// Wait closes it, so it must be read to the end before.
func (c *Cmd) StdoutPipe() (*File, error) {
	if c.Stdout != nil {
		return nil, errors.New("poller: Stdout already set")
	}
	f, child, err := c.pipe("StdoutPipe", false)
	if err == nil {
		c.Stdout = child
	}
	return f, err
}

// StderrPipe is StdoutPipe for the standard error.
func (c *Cmd) StderrPipe() (*File, error) {
	if c.Stderr != nil {
		return nil, errors.New("poller: Stderr already set")
	}
	f, child, err := c.pipe("StderrPipe", false)
	if err == nil {
		c.Stderr = child
	}
	return f, err
}

// pipe makes a pipe of which the process inherits the reading end, or the writing one.
func (c *Cmd) pipe(call string, childReads bool) (*File, *os.File, error) {
	if c.Process != nil {
		return nil, nil, errors.New("poller: " + call + " after process started")
	}
	own, child, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	if childReads {
		own, child = child, own
	}
	f, err := ownFile(own)
	if err != nil {
		child.Close()
		return nil, nil, err
	}
	c.ours = append(c.ours, f)
	c.childs = append(c.childs, child)
	return f, child, nil
}

// Start is exec.Cmd's: it starts the process and does not wait for it. After an
// interruption the Cmd cannot be used any more.
func (c *Cmd) Start() error {
	if err := sched.RefuseSimulated("run a process"); err != nil {
		return err
	}
	h := sched.Here()
	if h == nil || h.Current == nil {
		sched.MayBlock(h)
		err := c.Cmd.Start()
		c.closeChilds()
		if err != nil {
			c.closePipes()
		}
		return err
	}
	stdin, stdout, stderr := c.Stdin, c.Stdout, c.Stderr
	ok := false
	defer func() {
		if !ok {
			c.closePipes()
		}
	}()
	copies, err := c.redirect()
	if err == nil {
		// The task may be interrupted while the helper is in Start. So the helper closes the
		// inherited ends itself, and does not touch the fields, which the task uses.
		c.child, err = awaitCloser(func() (*childProcess, error) {
			defer c.closeChilds()
			if err := c.Cmd.Start(); err != nil {
				return nil, err
			}
			return &childProcess{cmd: c.Cmd, pidfd: openPidFD(c.Process.Pid)}, nil
		}, c.closeChilds)
	}
	c.Stdin, c.Stdout, c.Stderr = stdin, stdout, stderr
	if err != nil {
		c.closeChilds()
		return err
	}
	ok = true
	c.child.hub = h
	h.CloseOnExit(c.child)
	for _, copy := range copies {
		f := Async(func() (struct{}, error) { return struct{}{}, copy() })
		f.task.sched().More().Watched = true
		c.copies = append(c.copies, f)
	}
	return nil
}

// closeChilds closes the ends of pipes that the process has inherited.
func (c *Cmd) closeChilds() {
	for _, f := range c.childs {
		f.Close()
	}
	c.childs = nil
}

func (c *Cmd) closePipes() {
	for _, f := range c.ours {
		f.Close() // again, mostly
	}
	c.ours = nil
}

// redirect replaces readers and writers that are not files by pipes, and returns the functions
// that copy.
func (c *Cmd) redirect() (copies []func() error, err error) {
	if r := c.Stdin; r != nil && !isOSFile(r) {
		f, child, err := c.pipe("Start", true)
		if err != nil {
			return nil, err
		}
		c.Stdin = child
		copies = append(copies, func() error {
			_, err := io.Copy(f, r)
			if isBrokenPipe(err) {
				err = nil // the process need not read all
			}
			return errors.Join(err, f.Close())
		})
	}
	w, shared := c.Stdout, sameWriter(c.Stdout, c.Stderr)
	if copies, err = c.redirectOut(&c.Stdout, w, copies); err != nil {
		return nil, err
	}
	if shared {
		c.Stderr = c.Stdout
		return copies, nil
	}
	return c.redirectOut(&c.Stderr, c.Stderr, copies)
}

func (c *Cmd) redirectOut(place *io.Writer, w io.Writer, copies []func() error) ([]func() error, error) {
	if w == nil || isOSFile(w) {
		return copies, nil
	}
	f, child, err := c.pipe("Start", false)
	if err != nil {
		return nil, err
	}
	*place = child
	return append(copies, func() error {
		defer f.Close() // so that the process does not wait if w fails
		_, err := io.Copy(w, f)
		if errors.Is(err, os.ErrClosed) {
			err = nil // closed by Wait, after WaitDelay
		}
		return err
	}), nil
}

func isOSFile(x any) bool { _, ok := x.(*os.File); return ok }

// sameWriter reports whether Stdout and Stderr are one writer.
func sameWriter(a, b io.Writer) bool {
	return a != nil && b != nil && reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}

// Wait is exec.Cmd's: it waits until the process has ended, and its output has been
// copied.
func (c *Cmd) Wait() error {
	child := c.child
	if child == nil { // it was not started in a task, or not at all
		done := false
		defer func() {
			if !done && c.Process != nil {
				c.Process.Kill()
			}
			c.closePipes()
		}()
		_, err := sched.AwaitOn(sched.StartGoroutine, func() (struct{}, error) { return struct{}{}, c.Cmd.Wait() })
		done = true
		return err
	}
	if !child.take() {
		return errors.New("poller: Wait was already called, or the Run has ended in which the process was started")
	}
	reaping := false // exec.Cmd.Wait has been called
	done := false
	defer func() {
		child.hub.CancelCloseOnExit(child)
		closePidFD(child.pidfd)
		if !done {
			c.Process.Kill()
			if !reaping {
				runtimepatch.Go(func() { c.Cmd.Wait() }) // so that it does not stay a zombie
			}
		}
		for _, f := range c.copies {
			f.task.KillNoWait()
		}
		c.copies = nil
		c.closePipes()
	}()
	if child.pidfd >= 0 {
		if err := WaitRead(child.pidfd, time.Time{}); err != nil {
			return err
		}
	}
	// Also when the process has ended: exec.Cmd then waits until Cancel has returned.
	reaping = true
	_, err := sched.AwaitOn(sched.StartGoroutine, func() (struct{}, error) { return struct{}{}, c.Cmd.Wait() })
	if cerr := c.awaitCopies(); err == nil {
		err = cerr
	}
	done = true
	return err
}

// awaitCopies waits for the copying tasks, no longer than WaitDelay if that is set:
// another process may hold the pipe.
func (c *Cmd) awaitCopies() error {
	at := int64(sched.Never)
	if c.WaitDelay > 0 {
		at = sched.After(c.WaitDelay)
	}
	var first error
	for _, f := range c.copies {
		ended, err := f.task.sched().JoinUntil(at)
		if !ended {
			return exec.ErrWaitDelay
		}
		if _, err = f.result(err); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Run is Start and Wait.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output runs the command and returns its standard output. If it fails and Stderr was
// nil, the *exec.ExitError has the first 64 KiB of the standard error.
func (c *Cmd) Output() ([]byte, error) {
	if c.Stdout != nil {
		return nil, errors.New("poller: Stdout already set")
	}
	var out bytes.Buffer
	c.Stdout = &out
	var errs *prefix
	if c.Stderr == nil {
		errs = &prefix{room: 64 << 10}
		c.Stderr = errs
	}
	err := c.Run()
	var exit *exec.ExitError
	if errs != nil && errors.As(err, &exit) {
		exit.Stderr = errs.b
	}
	return out.Bytes(), err
}

// CombinedOutput runs the command and returns its standard output and error, mixed.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	if c.Stdout != nil {
		return nil, errors.New("poller: Stdout already set")
	}
	if c.Stderr != nil {
		return nil, errors.New("poller: Stderr already set")
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.Bytes(), err
}

// A prefix is a writer that keeps the first bytes.
type prefix struct {
	b    []byte
	room int
}

func (p *prefix) Write(b []byte) (int, error) {
	n := min(len(b), p.room)
	p.b = append(p.b, b[:n]...)
	p.room -= n
	return len(b), nil
}

// A childProcess is a process that must be reaped: by Wait, or at the end of the hub's Run.
type childProcess struct {
	cmd   *exec.Cmd
	hub   *sched.Hub
	pidfd int // -1 if there is none
	taken atomic.Bool
}

// take makes the caller the reaper of the process. It reports false after the first call.
func (p *childProcess) take() bool { return !p.taken.Swap(true) }

// Close kills the process and reaps it, unless take has been called.
func (p *childProcess) Close() error {
	if p.take() {
		p.cmd.Process.Kill()
		closePidFD(p.pidfd)
		runtimepatch.Go(func() { p.cmd.Wait() })
	}
	return nil
}
