package main

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

// A child is this program, running an internal subcommand. It reads commands as
// lines from its standard input, stops when that ends, and writes JSON values
// to its standard output.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *json.Decoder
	cancel context.CancelFunc
}

// childGrace is how long a child may take to stop by itself.
const childGrace = 20 * time.Second

// startChild starts the program with args and, beside this process's own, the
// environment variables env. When ctx is done the child is told to stop.
func startChild(ctx context.Context, t *terminal, env []string, args ...string) (*child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = t.err
	detach(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	cmd.Cancel = in.Close
	cmd.WaitDelay = childGrace
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &child{cmd, in, json.NewDecoder(bufio.NewReader(out)), cancel}, nil
}

// tell sends a command.
func (c *child) tell(line string) error {
	_, err := io.WriteString(c.in, line+"\n")
	return err
}

// read reads the next value.
func (c *child) read(v any) error { return c.out.Decode(v) }

// wait tells the child to stop, and waits until it has. If it was told before, by
// its context, the error is the context's.
func (c *child) wait() error {
	c.in.Close()
	err := c.cmd.Wait()
	c.cancel()
	if err != nil {
		return fmt.Errorf("%s: %w", c.cmd.Args[1], err)
	}
	return nil
}

// kill ends the child at once.
func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
	c.cancel()
}

// endOf returns a channel that is closed when in, a child's standard input, has
// ended: when nobody is interested in it any more. Lines before that go to f.
func endOf(in io.Reader, f func(line string)) <-chan struct{} {
	end := make(chan struct{})
	go func() {
		defer close(end)
		for lines := bufio.NewScanner(in); lines.Scan(); {
			f(lines.Text())
		}
	}()
	return end
}
