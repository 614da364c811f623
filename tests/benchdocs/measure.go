package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A measurement is one run of measure.
type measurement struct {
	root  string // of the module
	work  string // a folder for what is built
	quick bool
}

// measure measures the pictures of these ids, all if there are none, and saves each as it is ready.
func measure(root string, quick bool, ids []string) error {
	for _, id := range ids {
		if place(id) == len(pictures) {
			return fmt.Errorf("no picture %q", id)
		}
	}
	work, err := os.MkdirTemp("", "benchdocs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	m := &measurement{root: root, work: work, quick: quick}
	old, err := load(root)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = new(Data), nil
	}
	if err != nil {
		return err
	}
	for _, one := range pictures {
		if len(ids) > 0 && !slices.Contains(ids, one.id) {
			continue
		}
		start := time.Now()
		p, err := one.measure(m)
		if err == nil {
			err = p.check()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.id, err)
		}
		m.status("%s: done in %v", one.id, time.Since(start).Round(time.Second))
		if at := old.picture(one.id); at != nil {
			*at = p
		} else {
			old.Pictures = append(old.Pictures, p)
		}
		slices.SortStableFunc(old.Pictures, func(a, b Picture) int { return cmp.Compare(place(a.ID), place(b.ID)) })
		if err := old.save(root); err != nil {
			return err
		}
	}
	return nil
}

// rounds returns n, or fewer if it is to be quick.
func (m *measurement) rounds(n int) int {
	if m.quick {
		return 2
	}
	return n
}

func (m *measurement) status(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// run runs a program in the module's folder and returns what it prints.
func (m *measurement) run(name string, args ...string) ([]byte, error) {
	return m.runIn(m.root, name, args...)
}

func (m *measurement) runIn(dir, name string, args ...string) ([]byte, error) {
	m.status("%s %s", name, strings.Join(args, " "))
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes(), nil
}

// picture returns a picture with all that it holds for. The load is asked for now: before it is measured.
func (m *measurement) picture(id string) Picture {
	p := Picture{ID: id, Date: time.Now().UTC().Format(time.DateOnly), Cores: runtime.NumCPU(),
		Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	if out, err := exec.Command("git", "-C", m.root, "rev-parse", "--short=10", "HEAD").Output(); err == nil {
		p.Commit = strings.TrimSpace(string(out))
	}
	cpu, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(cpu)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			p.CPU = strings.TrimSpace(value)
			break
		}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	numbers := strings.SplitN(string(release), ".", 3)
	p.System = "Linux " + strings.Join(numbers[:min(2, len(numbers))], ".")
	load, _ := os.ReadFile("/proc/loadavg")
	p.Load, _, _ = strings.Cut(string(load), " ")
	return p
}
