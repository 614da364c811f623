//go:build unix

package poller

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// withoutLeaks runs f in a task, and fails if it leaves descriptors open, or
// processes, running or dead.
func withoutLeaks(t *testing.T, f func()) {
	t.Helper()
	run(t, func() { Command("true").Run() }) // what package exec keeps open
	before := openFiles()
	run(t, f)
	var after []string
	left := 0
	for range 5000 {
		after = openFiles()
		if left = children(); left == 0 && len(after) <= len(before) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d processes are left; open before: %v, after: %v", left, before, after)
}

// children counts the processes that this one has not waited for.
func children() int {
	if data, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children"); err == nil {
		n := len(strings.Fields(string(data)))
		tasks, _ := os.ReadDir("/proc/self/task")
		for _, e := range tasks {
			if e.Name() == strconv.Itoa(os.Getpid()) {
				continue
			}
			data, _ := os.ReadFile("/proc/self/task/" + e.Name() + "/children")
			n += len(strings.Fields(string(data)))
		}
		return n
	}
	return 0
}

// The output is there line by line while the process runs, and other tasks run, too.
func TestCmd_lines(t *testing.T) {
	withoutLeaks(t, func() {
		c := Command("sh", "-c", `while read line; do echo "got $line"; done; exit 3`)
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for _, word := range []string{"one", "two", "three"} {
			if _, err := in.WriteString(word + "\n"); err != nil {
				t.Fatal(err)
			}
			if line, err := lines.ReadString('\n'); line != "got "+word+"\n" || err != nil {
				t.Errorf("%q, %v", line, err)
			}
		}
		in.Close()
		if _, err := lines.ReadByte(); err != io.EOF {
			t.Error(err)
		}
		var exit *exec.ExitError
		if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
			t.Errorf("Wait: %v", err)
		}
		if err := c.Wait(); err == nil {
			t.Error("a second Wait succeeds")
		}
	})
}

func TestCmd_copies(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<14) // more than a pipe holds
	withoutLeaks(t, func() {
		others := 0
		ticker := Go(func() {
			for {
				others++
				Sleep(100 * time.Microsecond)
			}
		})
		c := Command("sh", "-c", "cat; echo problem >&2; sleep 0.01")
		c.Stdin = strings.NewReader(big)
		var out, errs bytes.Buffer
		c.Stdout, c.Stderr = &out, &errs
		if err := c.Run(); err != nil || out.String() != big || errs.String() != "problem\n" {
			t.Errorf("%v, %d bytes, %q", err, out.Len(), errs.String())
		}
		if c.Stdout != &out {
			t.Error("Stdout was not put back")
		}
		if others < 3 {
			t.Error("no other task ran meanwhile")
		}
		ticker.Kill()

		got, err := Command("sh", "-c", "echo a; echo b >&2; echo c").CombinedOutput()
		if err != nil || string(got) != "a\nb\nc\n" {
			t.Errorf("%q, %v", got, err)
		}
		got, err = Command("sh", "-c", "echo out; echo sorry >&2; exit 1").Output()
		var exit *exec.ExitError
		if string(got) != "out\n" || !errors.As(err, &exit) || string(exit.Stderr) != "sorry\n" {
			t.Errorf("%q, %v", got, err)
		}
		// A process that does not read its input.
		c = Command("true")
		c.Stdin = strings.NewReader(big)
		if err := c.Run(); err != nil {
			t.Error(err)
		}
		// A writer that fails does not leave the process hanging.
		c = Command("sh", "-c", "cat; exit 0")
		c.Stdin = strings.NewReader(big)
		boom := errors.New("boom")
		c.Stdout = writerFunc(func([]byte) (int, error) { return 0, boom })
		if err := c.Run(); err == nil {
			t.Error("the writer's error was lost")
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestCmd_errors(t *testing.T) {
	withoutLeaks(t, func() {
		c := Command("/nonexistent/program")
		if _, err := c.StdoutPipe(); err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		c = Command("/nonexistent/program")
		c.Stdin, c.Stdout = strings.NewReader("x"), new(bytes.Buffer)
		if err := c.Run(); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		if err := Command("true").Wait(); err == nil {
			t.Error("Wait before Start")
		}
		c = Command("true")
		c.StdoutPipe()
		if _, err := c.StdoutPipe(); err == nil {
			t.Error("two pipes")
		}
		if _, err := c.Output(); err == nil {
			t.Error("Output with a pipe")
		}
		c.Run()
	})
}

// What ends the task that waits ends the process; a WithTimeout likewise.
func TestCmd_interrupted(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, f func()){
		"kill": func(t *testing.T, f func()) {
			task := Go(f)
			Sleep(20 * time.Millisecond)
			task.Kill()
		},
		"timeout": func(t *testing.T, f func()) {
			if err := WithTimeout(20*time.Millisecond, func() error { f(); return nil }); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		},
		"at once":    func(_ *testing.T, f func()) { task := Go(f); Yield(); task.Kill() },
		"end of Run": func(_ *testing.T, f func()) { Go(f); Sleep(20 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			withoutLeaks(t, func() {
				end(t, func() {
					c := Command("sleep", "1000")
					c.Stdin, c.Stdout = neverReader{}, new(bytes.Buffer)
					c.Run()
					t.Error("it has ended")
				})
			})
		})
	}
}

// A neverReader has nothing yet.
type neverReader struct{}

func (neverReader) Read([]byte) (int, error) { Sleep(time.Hour); return 0, io.EOF }

// A process without a waiter is killed at the end of Run.
func TestCmd_abandoned(t *testing.T) {
	var c *Cmd
	withoutLeaks(t, func() {
		c = Command("sleep", "1000")
		c.StdoutPipe()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	})
	if err := c.Wait(); err == nil {
		t.Error("Wait, after it was killed by Run")
	}
}

func TestCommandContext(t *testing.T) {
	withoutLeaks(t, func() {
		ctx, cancel := context.WithCancel(context.Background())
		c := CommandContext(ctx, "sleep", "1000")
		GoAfter(5*time.Millisecond, cancel)
		if err := c.Run(); !errors.Is(err, context.Canceled) && !isKilled(err) {
			t.Error(err)
		}
		// Bound to a task that is parked elsewhere.
		var bound *Cmd
		var started Event
		task := Go(func() {
			bound = CommandContext(Current().Context(), "sleep", "1000")
			if err := bound.Start(); err != nil {
				t.Error(err)
			}
			started.Set()
			Sleep(time.Hour)
		})
		started.Wait()
		task.Kill()
		if err := bound.Wait(); !isKilled(err) && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func isKilled(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	ws, ok := exit.Sys().(syscall.WaitStatus)
	return ok && ws.Signal() == syscall.SIGKILL
}

// Another process holds the pipe after the process has ended.
func TestCmd_waitDelay(t *testing.T) {
	withoutLeaks(t, func() {
		c := Command("sh", "-c", "sleep 1000 & echo $!")
		var out bytes.Buffer
		c.Stdout = &out
		c.WaitDelay = 500 * time.Millisecond
		err := c.Run()
		if !errors.Is(err, exec.ErrWaitDelay) {
			t.Error(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		syscall.Kill(pid, syscall.SIGKILL)
	})
}

// The same without a descriptor for the process, and outside of tasks.
func TestCmd_otherWays(t *testing.T) {
	withoutLeaks(t, func() {
		c := Command("sh", "-c", "exit 5")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		closePidFD(c.child.pidfd)
		c.child.pidfd = -1
		var exit *exec.ExitError
		if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 5 {
			t.Error(err)
		}
		task := Go(func() {
			c := Command("sleep", "1000")
			if err := c.Start(); err != nil {
				t.Error(err)
			}
			closePidFD(c.child.pidfd)
			c.child.pidfd = -1
			c.Wait()
			t.Error("it has ended")
		})
		Sleep(20 * time.Millisecond)
		task.Kill()
	})
	c := Command("cat")
	c.Stdin = strings.NewReader("hello")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(out); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// Cancel may take its time: it is called on a goroutine of package exec's, for which its
// Wait waits.
func TestCmd_slowCancel(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		c := CommandContext(ctx, "sleep", "60")
		release := make(chan struct{})
		c.Cancel = func() error {
			err := c.Process.Kill()
			<-release
			return err
		}
		needNil(t, c.Start())
		wait := Async(func() (struct{}, error) { return struct{}{}, c.Wait() })
		Yield()
		cancel()
		untilParked(sched.ParkAwait, 1) // the process has ended
		close(release)
		if _, err := wait.Get(); err == nil || c.ProcessState == nil {
			t.Errorf("Wait: %v, %v", err, c.ProcessState)
		}
	})
}

// What was started outside of tasks is waited for like the rest.
func TestCmd_startedElsewhere(t *testing.T) {
	mustEnd(t)
	c := Command("sleep", "60")
	needNil(t, c.Start())
	run(t, func() {
		wait := Async(func() (struct{}, error) { return struct{}{}, c.Wait() })
		untilParked(sched.ParkAwait, 1)
		needNil(t, c.Process.Kill())
		if _, err := wait.Get(); err == nil || c.ProcessState == nil {
			t.Errorf("Wait: %v, %v", err, c.ProcessState)
		}
		interrupted := Command("sleep", "60")
		Await(func() (int, error) { return 0, interrupted.Start() })
		k := Go(func() { interrupted.Wait() })
		untilParked(sched.ParkAwait, 1)
		k.Kill()
		interrupted.Process.Wait()
	})
}
