package futures

import (
	"encoding/json"
	"fmt"
	"go/build/constraint"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

const module = "../.."

// goTool runs the go command of this toolchain in the module's root, and returns
// what it printed and whether it succeeded.
func goTool(t *testing.T, args ...string) (output string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "STACKFUL_FUTURE=1")
	if version, _, _ := strings.Cut(runtime.Version(), " "); strings.HasPrefix(version, "go1.") {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+version)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// needToolchain skips what builds other binaries: in a test that is part of such
// a build, and where the go command would build for another CPU.
func needToolchain(t *testing.T) {
	t.Helper()
	switch {
	case testing.Short():
		t.Skip("builds the module several times")
	case os.Getenv("STACKFUL_FUTURE") != "":
		t.Skip("this is the future")
	}
	if out, ok := goTool(t, "env", "GOARCH"); !ok || strings.TrimSpace(out) != runtime.GOARCH {
		t.Skip("the go command builds for another CPU")
	}
	if !stackful.Backend().Native {
		t.Skip("portable already: " + stackful.Backend().Reason)
	}
}

// An overlay replaces files of the module, for one build.
type overlay map[string]string // file to what to read in its place

func (o overlay) flag(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Replace": o})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return "-overlay=" + file
}

// replace makes text the contents of a file.
func (o overlay) replace(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "*"+filepath.Ext(path))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	o[absolute(t, path)] = file.Name()
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var (
	releaseTag  = regexp.MustCompile(`^go1\.(\d+)$`)
	buildLine   = regexp.MustCompile(`(?m)^//go:build .*$`)
	unknownGo   = "go1." + fmt.Sprint(newest+1) + ".1"
	sourceKinds = map[string]bool{".go": true, ".s": true}
)

// newest is the newest release line that the module knows.
const newest = 27

// future returns the overlay in which the build constraints of all files have the
// outcome that they will have in the first release that the module does not know.
func future(t *testing.T) overlay {
	o := overlay{}
	known := false
	err := filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !sourceKinds[filepath.Ext(path)] {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		line := buildLine.FindString(string(text))
		expr, err := constraint.Parse(line)
		if err != nil || !strings.Contains(line, "go1.") {
			return nil
		}
		known = known || strings.Contains(line, fmt.Sprintf("!go1.%d", newest+1))
		// What does not depend on the release stays to be decided by the build.
		changed := buildLine.ReplaceAllString(string(text), "//go:build "+inFuture(expr))
		o.replace(t, path, changed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !known {
		t.Fatalf("no file is for go1.%d at most: the constant newest is not right", newest)
	}
	return o
}

// inFuture returns a constraint without release tags: those that will be true
// then are replaced by a tag that is always true, the others by one that never is.
func inFuture(expr constraint.Expr) string {
	switch e := expr.(type) {
	case *constraint.NotExpr:
		return "!(" + inFuture(e.X) + ")"
	case *constraint.AndExpr:
		return "(" + inFuture(e.X) + ") && (" + inFuture(e.Y) + ")"
	case *constraint.OrExpr:
		return "(" + inFuture(e.X) + ") || (" + inFuture(e.Y) + ")"
	case *constraint.TagExpr:
		var minor int
		if m := releaseTag.FindStringSubmatch(e.Tag); m != nil {
			fmt.Sscan(m[1], &minor)
			if minor <= newest+1 {
				return "gc"
			}
			return "!gc"
		}
		return e.Tag
	}
	panic(fmt.Sprintf("a constraint of a new kind: %T", expr))
}

// The whole module builds in a release that it does not know, and what is built on the
// backend passes its tests there, on the portable one. (Other packages are tested on
// that with the tag stackful_portable.)
func TestUnknownRelease(t *testing.T) {
	needToolchain(t)
	flags := []string{future(t).flag(t), "-ldflags=-X=runtime.buildVersion=" + unknownGo}
	if out, ok := goTool(t, append([]string{"build", flags[0]}, "./...")...); !ok {
		t.Fatalf("does not build:\n%s", out)
	}
	backend, ok := goTool(t, append(append([]string{"run"}, flags...), "./tests/futures/backend")...)
	if !ok || !strings.Contains(backend, "native false") || !strings.Contains(backend, "no layout table for "+unknownGo) {
		t.Fatalf("want the portable backend, and a reason that names the release:\n%s", backend)
	}
	if n := strings.Count(backend, "poller: tasks run on the portable backend (no layout table for "+unknownGo); n != 1 {
		t.Errorf("package poller says %d times that it is slow:\n%s", n, backend)
	}
	if !strings.Contains(backend, "RequireNative: poller: the native backend (no layout table for "+unknownGo) {
		t.Errorf("RequireNative is no error:\n%s", backend)
	}
	test := append([]string{"test", "-short"}, flags...)
	test = append(test, ".", "./coro/...", "./tests/conformance", "./tests/crash", "./tests/regs", "./tests/runtime")
	if out, ok := goTool(t, test...); !ok {
		t.Errorf("tests fail:\n%s", out)
	}
	// Package asm's tests of the toolchain want one of that name.
	test = append([]string{"test", "-short"}, flags...)
	test = append(test, "-skip", "TestContract_C|TestSymbols|TestLayout_DWARF|TestStackPreempt|TestCrossBuild|TestKnownGo", "./asm")
	if out, ok := goTool(t, test...); !ok {
		t.Errorf("tests fail:\n%s", out)
	}
}

// A toolchain that only says to be another release than the one that the table
// was compiled in for.
func TestRenamedRelease(t *testing.T) {
	needToolchain(t)
	for _, version := range []string{unknownGo, "devel go1.28-0123456 Mon Nov 2 2026", "go1.24.3", "go2", "custom", ""} {
		out, ok := goTool(t, "run", "-ldflags=-X 'runtime.buildVersion="+version+"'", "./tests/futures/backend")
		if version == "" { // the linker's own name stays
			continue
		}
		if !ok || !strings.Contains(out, "native false") || !strings.Contains(out, "LayoutGo") {
			t.Errorf("%q: want the portable backend:\n%s", version, out)
		}
	}
}

var constantLine = regexp.MustCompile(`(?m)^\t(\w+) += (-?\d+)(\s*//.*)?$`)

// Programs built with a table in which one entry is wrong, or all after a place
// are, come up on the portable backend and work. (That every entry is checked,
// with many more wrong values, is for package asm's tests, which need not build a
// program for each.)
func TestWrongTables(t *testing.T) {
	needToolchain(t)
	line := strings.ReplaceAll(asm.LayoutGo, "go1.", "go1")
	files := []string{
		filepath.Join(module, "asm", "layout_"+line+".go"),
		filepath.Join(module, "asm", "layout_"+line+"_"+runtime.GOOS+".go"),
	}
	wrong := func(name string, change func(entry string, value int) int) {
		t.Helper()
		o := overlay{}
		changes := 0
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o.replace(t, file, constantLine.ReplaceAllStringFunc(string(text), func(line string) string {
				m := constantLine.FindStringSubmatch(line)
				var value int
				fmt.Sscan(m[2], &value)
				if now := change(m[1], value); now != value {
					changes++
					return fmt.Sprintf("\t%s = %d", m[1], now)
				}
				return line
			}))
		}
		if changes == 0 {
			t.Errorf("%s: nothing has changed", name)
			return
		}
		out, ok := goTool(t, "run", o.flag(t), "./tests/futures/backend")
		if !ok || !strings.Contains(out, "native false") || !strings.Contains(out, "does not fit") {
			t.Errorf("%s: want the portable backend:\n%s", name, out)
		}
	}
	for _, entry := range []string{
		"GStackLo", "GDefer", "GM", "GSchedSP", "GStktopsp", "GGcscandone", "GTraceStatusTraced", "GGcAssistBytes", "MNcgo", "StackGuard",
	} {
		wrong(entry, func(name string, value int) int {
			if name == entry {
				return value + 8
			}
			return value
		})
	}
	wrong("a field inserted at the start", func(name string, value int) int {
		if strings.HasPrefix(name, "G") {
			return value + 8
		}
		return value
	})
	wrong("a field inserted in the middle", func(name string, value int) int {
		if strings.HasPrefix(name, "G") && value >= asm.GAtomicstatus {
			return value + 8
		}
		return value
	})
	wrong("the previous release's table", func(name string, value int) int {
		if strings.HasPrefix(name, "G") && value > asm.GSchedCtxt {
			return value - 8
		}
		return value
	})
}
