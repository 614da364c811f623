//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A worker has a copy of the module to break, and uses it for one mutant after the
// other: what a mutant does not touch is built once.
type worker struct{ folder, program string }

// newWorker copies the files that git knows or would add, as they are.
func newWorker(folder string) (*worker, error) {
	out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // it will be removed by the next commit
		}
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		to := filepath.Join(folder, "m", file)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(to, text, info.Mode()); err != nil {
			return nil, err
		}
	}
	return &worker{filepath.Join(folder, "m"), filepath.Join(folder, "test")}, nil
}

// A result is what became of a mutant.
type result struct {
	caught bool
	what   string
}

func (r result) String() string { return r.what }

const tries = 3

// unbroken knows what became of the tests without a mutant, by the test: each must pass,
// or it would catch anything.
var unbroken sync.Map

func (w *worker) passes(m mutant) outcome {
	run := sync.OnceValue(func() outcome {
		k, _ := m.kind()
		out, err := w.build(k)
		began := time.Now()
		if err == nil {
			out, err = w.run(k, patience)
		}
		return outcome{out, err, time.Since(began)}
	})
	known, _ := unbroken.LoadOrStore(strings.Join(m.test, " "), run)
	return known.(func() outcome)()
}

type outcome struct {
	out  string
	err  error
	took time.Duration
}

// limit is how long the same test may take with a mutant, which otherwise has made it hang:
// far longer, since the machine may be busier then.
func (o outcome) limit() time.Duration { return min(patience, 5*time.Second+10*o.took) }

// try applies m, has its test look for it, and takes it back.
func (w *worker) try(m mutant) result {
	without := w.passes(m)
	if without.err != nil {
		return result{what: fmt.Sprintf("%s FAILS WITHOUT IT: %v: %s", strings.Join(m.test, " "), without.err, firstLine(without.out, telling))}
	}
	before, after, err := m.mutated(w.folder)
	if err != nil {
		return result{what: "NOT APPLIED: " + err.Error()}
	}
	defer w.write(before)
	if err := w.write(after); err != nil {
		return result{what: "NOT APPLIED: " + err.Error()}
	}
	k, _ := m.kind()
	if out, err := w.build(k); err != nil {
		return result{what: "DOES NOT BUILD: " + firstLine(out, reported)}
	}
	test := strings.Join(m.test, " ")
	for i := range tries {
		if out, err := w.run(k, without.limit()); err != nil {
			return result{true, fmt.Sprintf("caught by %s (try %d): %s", test, i+1, cmp.Or(firstLine(out, telling), err.Error()))}
		}
	}
	return result{what: "SURVIVED " + test}
}

func (w *worker) write(files map[string]string) error {
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(w.folder, file), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) build(k kind) (out string, err error) {
	args := []string{"test", "-c", "-vet=off", "-o", w.program}
	if k.tests == "" {
		args = []string{"build", "-o", w.program}
	}
	if k.patched {
		args = append([]string{"run", "./cmd/stackful"}, args...)
	}
	c := exec.Command("go", append(append(args, k.build...), k.pkg)...)
	c.Dir = w.folder
	c.Env = append(os.Environ(), k.env...)
	text, err := c.CombinedOutput()
	return string(text), err
}

// patience is for a test that hangs without a mutant.
const patience = 5 * time.Minute

// run runs the test that is built. One that takes longer than limit is killed.
func (w *worker) run(k kind, limit time.Duration) (out string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	command := append(append(k.run, w.program), k.args...)
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir = w.folder
	if k.tests != "" {
		c.Dir = filepath.Join(w.folder, k.pkg)
	}
	c.Env = append(os.Environ(), k.env...)
	// A test may have started processes that hold the output open.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 10 * time.Second
	text, err := c.CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("hangs, for %v", limit.Round(time.Second))
	}
	if c.Process != nil {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // what a crash has left behind
	}
	return string(text), err
}

var (
	reported = regexp.MustCompile(`^[^#]`)
	telling  = regexp.MustCompile(`fatal error|panic:|_test\.go:|FAILED|SIG|throw|DATA RACE|timed out`)
)

// firstLine returns the first line of out that says what went wrong.
func firstLine(out string, what *regexp.Regexp) string {
	for line := range strings.SplitSeq(out, "\n") {
		if line = strings.TrimSpace(line); what.MatchString(line) {
			return line[:min(len(line), 90)]
		}
	}
	return ""
}
