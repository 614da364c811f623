// Package simtest runs tests in simulations: each test with one seed after the other, each run in a process of its own, and
// tells of the first that fails. It is the half of `stackful test -sim` that knows nothing of the go command.
//
// Of this module it imports packages cli, term and internal/simrun, by which it talks to the processes. Read on in test.go, which
// runs one test with its seeds, process.go, which runs one seed, and report.go, which has the words.
package simtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// Options say what is run.
type Options struct {
	First     uint64 // the first seed
	Seeds     int
	All       bool          // also the seeds behind the first that fails
	Run       string        // pattern, as for go test
	Allow     []string      // operations that a simulation would refuse
	Date      time.Time     // of the beginning; zero is 2000-01-01
	Processes int           // at once; 0 is one for each processor
	Timeout   time.Duration // of a run, in real time
	Short     bool
	Verbose   bool
	Args      []string // for the test binaries
	Log       string   // names of files; empty: none is written
	Timeline  string

	Dir   string   // for temporary files
	Env   []string // of the processes
	Again []string // the beginning of the command that runs a seed again
}

// A Package is a test binary.
type Package struct {
	Path   string // for import
	Dir    string // its folder, where tests run
	Arg    string // how it is named on the command line
	Binary string // empty if it has no tests
}

// A Runner runs packages, one after the other.
type Runner struct {
	Options
	t        *term.Terminal
	failed   bool // a test, or a build
	recorded recorded
	made     int // folders
}

// recorded is whose schedule is in the files of -log and -timeline.
type recorded int

const (
	nothing recorded = iota
	aRun
	aFailure
)

// New returns a runner, which tells t what happens.
func New(t *term.Terminal, o Options) *Runner {
	if o.Processes == 0 {
		o.Processes = runtime.NumCPU()
	}
	return &Runner{Options: o, t: t}
}

// NotBuilt tells that the test binary could not be built.
func (r *Runner) NotBuilt(pkg Package) {
	r.failed = true
	r.t.Printf("FAIL\t%s [build failed]\n", pkg.Path)
}

// End returns the result of all that was run.
func (r *Runner) End() error {
	r.t.Status("")
	if r.failed {
		return cli.ErrReported
	}
	return nil
}

// Run runs the tests of a package that match. The error is not one of the tests.
func (r *Runner) Run(ctx context.Context, pkg Package) error {
	if pkg.Binary == "" {
		r.t.Printf("?   \t%s\t[no test files]\n", pkg.Path)
		return nil
	}
	names, err := r.list(ctx, pkg)
	if errors.Is(err, errNoList) {
		r.failed = true
		r.t.Printf("%s\nFAIL\t%s\n", err, pkg.Path)
		return nil
	}
	if err != nil {
		return err
	}
	pattern, err := newPattern(r.Options.Run)
	if err != nil {
		return cli.Usagef("-run: %v", err)
	}
	any := false
	for i, name := range names {
		run := pattern.forTest(name)
		switch {
		case run == "":
		case slices.Contains(names[:i], name):
			r.failed = true
			r.t.Printf("FAIL\t%s\t%s\tis the name of two functions, in the package and in that of its external tests: only the first can be run\n", pkg.Path, name)
		default:
			any = true
			if err := r.runTest(ctx, &test{pkg: pkg, name: name, run: run}); err != nil {
				return err
			}
		}
	}
	if !any {
		r.t.Printf("ok  \t%s\t[no tests to run]\n", pkg.Path)
	}
	return nil
}

// errNoList is what the errors are of a binary that does not list its tests.
var errNoList = errors.New("the list of tests cannot be had")

// list returns the names of the tests.
func (r *Runner) list(ctx context.Context, pkg Package) (names []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, pkg.Binary, "-test.list", "^Test")
	cmd.Dir, cmd.Env = pkg.Dir, append(r.Env[:len(r.Env):len(r.Env)], "PWD="+pkg.Dir)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %w\n%s%s", errNoList, err, out, &errs)
	}
	for line := range strings.Lines(string(out)) {
		if name := strings.TrimSpace(line); strings.HasPrefix(name, "Test") && !strings.ContainsAny(name, " \t:") {
			names = append(names, name)
		}
	}
	return names, nil
}

// folder makes a folder for a run. Names have one length, as a program may do something with the name of its
// folder for temporary files.
func (r *Runner) folder() (string, error) {
	r.made++
	dir := filepath.Join(r.Dir, fmt.Sprintf("%08d", r.made))
	return dir, os.MkdirAll(filepath.Join(dir, "tmp"), 0o777)
}
