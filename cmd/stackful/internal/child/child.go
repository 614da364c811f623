// Package child starts the program itself as a child process, for measurements in a process
// of its own. Parent and child talk over the child's standard input and output:
// lines that are commands there, JSON values that are answers back.
//
// It imports nothing of this module. Read on in packages echo and bench, whose Children
// are started so; package doctor starts its self-test otherwise, since it shows the output of
// a crash.
package child

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A Process is this program, running a subcommand that is for children. It reads commands
// from its standard input, stops when that ends, and writes JSON values to its standard
// output. It must be used by one goroutine at a time, and ends by Wait or Kill.
type Process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *json.Decoder
	cancel context.CancelFunc
}

// grace is how long a child may take to stop by itself.
const grace = 20 * time.Second

// Start starts the program with args and, beside this process's own, the environment
// variables env; its standard error goes to stderr. When ctx is done the
// child is told to stop, by the end of its input, so that it can still report.
func Start(ctx context.Context, stderr io.Writer, env []string, args ...string) (*Process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = stderr
	detach(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	cmd.Cancel = in.Close
	cmd.WaitDelay = grace
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &Process{cmd, in, json.NewDecoder(bufio.NewReader(out)), cancel}, nil
}

// Tell sends a command.
func (c *Process) Tell(line string) error {
	_, err := io.WriteString(c.in, line+"\n")
	return err
}

// Read reads the next value.
func (c *Process) Read(v any) error { return c.out.Decode(v) }

// Wait tells the child to stop, and waits until it has. If it was told before, by
// its context, the error is the context's.
func (c *Process) Wait() error {
	c.in.Close()
	err := c.cmd.Wait()
	c.cancel()
	if err != nil {
		return fmt.Errorf("%s: %w", c.cmd.Args[1], err)
	}
	return nil
}

// Kill ends the child at once, and waits until it has ended.
func (c *Process) Kill() {
	c.Abort()
	c.cmd.Wait()
	c.cancel()
}

// Abort ends the child at once and does not wait for that: Wait or Kill must follow. It may
// be called by any goroutine.
func (c *Process) Abort() { c.cmd.Process.Kill() }

// EndOf returns a channel that is closed when in, a child's standard input, has ended:
// when its parent has ended, or wants no more of it. Lines before that go to f, on a
// goroutine of their own.
func EndOf(in io.Reader, f func(line string)) <-chan struct{} {
	end := make(chan struct{})
	go func() {
		defer close(end)
		for lines := bufio.NewScanner(in); lines.Scan(); {
			f(lines.Text())
		}
	}()
	return end
}
