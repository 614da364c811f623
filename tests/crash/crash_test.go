//go:build unix

package crash

import (
	_ "embed"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/tests/internal/process"
)

var programs = map[string]func(){
	"panicking":             panicking,
	"panickingError":        panickingError,
	"panickingNil":          panickingNil,
	"panickingNested":       panickingNested,
	"panickingOnTop":        panickingOnTop,
	"panickingOnTopOfFresh": panickingOnTopOfFresh,
	"panickingAgain":        panickingAgain,
	"faulting":              faulting,
	"panickingOnRoot":       panickingOnRoot,
	"returnsToDone":         returnsToDone,
	"returnsToItself":       returnsToItself,
	"returnsToZero":         returnsToZero,
	"returnsToForeign":      returnsToForeign,
	"deadlocked":            deadlocked,
	"deadlockedInStack":     deadlockedInStack,
	"mapWrites":             mapWrites,
	"overflowing":           overflowing,
	"overflowingSuspended":  overflowingSuspended,
	"dumped":                dumped,
	"panickingAmongMany":    panickingAmongMany,
	"goexitOfMain":          goexitOfMain,
	"wrongGoroutine":        wrongGoroutine,
	"recovered":             recovered,
	"endsWithSuspended":     endsWithSuspended,
	"exitsInStack":          exitsInStack,
}

func TestMain(m *testing.M) { process.Main(m, programs) }

//go:embed programs_test.go
var source string

// An expectation is what the comment of a program says.
type expectation struct {
	first     string
	then, not []string
	exitCode  int
	norace    string
	env       []string
}

// expectations reads the comments of the programs.
func expectations(t *testing.T) map[string]expectation {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "programs_test.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]expectation)
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !strings.Contains(f.Doc.Text(), "expect:") {
			continue
		}
		e := expectation{exitCode: 2}
		for line := range strings.Lines(f.Doc.Text()) {
			key, value, _ := strings.Cut(line, ":")
			e.set(t, key, strings.TrimSpace(value))
		}
		all[f.Name.Name] = e
	}
	return all
}

func (e *expectation) set(t *testing.T, key, value string) {
	switch key {
	case "expect":
		e.first = value
	case "then":
		e.then = append(e.then, value)
	case "not":
		e.not = append(e.not, value)
	case "native":
		if stackful.Backend().Native {
			e.then = append(e.then, value)
		}
	case "env":
		e.env = append(e.env, value)
	case "norace":
		e.norace = value
	case "exit":
		code, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		e.exitCode = code
	}
}

func TestCrash(t *testing.T) {
	all := expectations(t)
	if len(all) != len(programs) {
		t.Errorf("%d programs, %d of them with an expectation", len(programs), len(all))
	}
	for name, e := range all {
		t.Run(name, func(t *testing.T) {
			if raceEnabled && e.norace != "" {
				t.Skip("not with the race detector: ", e.norace)
			}
			output, code := process.Run(t, name, e.env...)
			e.check(t, output, code)
		})
	}
}

func (e expectation) check(t *testing.T, output string, code int) {
	t.Helper()
	if code != e.exitCode {
		t.Errorf("exit code %d, want %d", code, e.exitCode)
	}
	if !strings.HasPrefix(output, e.first) {
		t.Errorf("the first line is not %q", e.first)
	}
	for _, w := range e.then {
		if !strings.Contains(output, w) {
			t.Errorf("%q is missing", w)
		}
	}
	for _, w := range append(e.not, "unexpected return pc", "traceback stuck", "bad pointer", "SPWRITE") {
		if strings.Contains(output, w) {
			t.Errorf("%q should not be there", w)
		}
	}
	if t.Failed() {
		t.Log(output)
	}
}

// The dump names the frames of every suspended stack.
func TestCrash_dumpShowsEachStack(t *testing.T) {
	for name, n := range map[string]int{"dumped": 5, "panickingAmongMany": 50} {
		output, _ := process.Run(t, name)
		if got := strings.Count(output, "crash.waitHere("); got != n {
			t.Errorf("%s: %d stacks of %d are shown:\n%s", name, got, n, output)
		}
	}
}
