package patch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/simtest"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// simHelp is the part of the help text for -sim.
const simHelp = `
stackful test -sim [flags] [packages] runs each test function in a simulation
(poller.Simulate), with one seed after the other. The test is not changed, and
imports nothing of this module. All that happens in it is determined by the seed: a
failure is found by running many, and is seen again by running that one. Each run
is a process of its own. The first seed is run twice, which finds tests that depend
on something else. TestMain and functions of init run outside of the simulation;
examples, benchmarks and fuzz targets are not run. See docs/simulation.md.

  -seeds N        run seeds from the first on, N of them (100)
  -first S        the first one (0)
  -seed S         run this seed only
  -run RE         run the tests, and subtests, that match, as go test has it
  -all            run all seeds of a test that fails, not until the first failure
  -log FILE       write the schedule of the first run that fails, or of the first
                  run if none does: who ran, waited and was woken when
  -timeline FILE  the same in Chrome's trace format, for ui.perfetto.dev
  -allow NAMES    do what a simulation refuses by an error that names it, such as
                  os.StartProcess: then the seed determines only the rest
  -date DATE      when the simulation begins (2000-01-01)
  -p N            how many processes run at once (one for each processor)
  -timeout D      how long a run may take in real time (1m): it ends by SIGQUIT
  -short, -v      as of go test; -v shows the output of the first seed's run, too
  -race, -tags and other build flags of go test; -race finds no race between two
                  tasks of a simulation, which take turns: use go test -race

A test that fails is told of with the seed, the output of that run, the end of its
schedule, and the command to run it again. The exit code is 1 if a test failed.`

// simulate is `stackful test -sim`.
func simulate(ctx context.Context, t *term.Terminal, lead []string, own string, args []string) error {
	a, err := parseSim(args)
	if err != nil {
		return err
	}
	var prog *program
	p, err := newPatched(lead, own, func(more map[string]string, cache string) (err error) {
		if prog, err = asSim.program("test", lead, slices.Concat(a.build, a.packages), cache); err == nil {
			maps.Copy(more, prog.files)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(prog.listed) == 0 {
		return errors.New("-sim: no packages to test")
	}
	p.env = append(p.env, prog.env...)
	dir, err := simtest.MkdirTemp()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a.tests.Dir = dir
	a.tests.Env = append(os.Environ(), "GOROOT="+p.goroot)
	a.tests.Again = slices.Concat([]string{"stackful", "test"}, lead, []string{"-sim"}, a.build)
	if len(a.tests.Allow) > 0 {
		a.tests.Again = append(a.tests.Again, "-allow", strings.Join(a.tests.Allow, ","))
	}
	if !a.tests.Date.IsZero() {
		a.tests.Again = append(a.tests.Again, "-date", a.tests.Date.Format(time.DateOnly))
	}
	if own != "" {
		a.tests.Again = append(a.tests.Again, "-overlay="+own)
	}
	r := simtest.New(t, a.tests)
	for i, l := range prog.listed {
		pkg := simtest.Package{Path: l.path, Dir: l.dir, Arg: argument(lead, l)}
		if l.tests {
			pkg.Binary = filepath.Join(dir, fmt.Sprintf("%d.test", i))
			t.Status("building " + l.path)
			if ok, err := p.buildTest(ctx, t, lead, a.build, l.path, pkg.Binary); err != nil {
				return err
			} else if !ok {
				r.NotBuilt(pkg)
				continue
			}
		}
		if err := r.Run(ctx, pkg); err != nil {
			return err
		}
		os.Remove(pkg.Binary)
	}
	return r.End()
}

// buildTest builds the test binary of a package. ok is false if go has told of an error.
func (p *patched) buildTest(ctx context.Context, t *term.Terminal, lead, flags []string, path, binary string) (ok bool, err error) {
	cmd := exec.CommandContext(ctx, p.tool, slices.Concat([]string{"test"}, lead, []string{"-c", "-o", binary, "-overlay=" + p.overlay}, flags, []string{path})...)
	cmd.Env = append(os.Environ(), p.env...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if len(out) > 0 {
		t.Status("")
		t.Err.Write(out)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return false, nil
	}
	return err == nil, err
}

// argument returns how the package is named on the command line, in the folder that go is called in.
func argument(lead []string, l listed) string {
	at, err := inFolder(lead, ".")
	if err != nil {
		return l.path
	}
	switch rel, err := filepath.Rel(at, l.dir); {
	case err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)):
		return l.path
	case rel == ".":
		return "."
	default:
		return "./" + filepath.ToSlash(rel)
	}
}
