package asm

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/asm/internal/dwarflayout"
)

// The tests of this file compare what we assume with the toolchain that built
// this test. They need its go command and its source, also under an emulator,
// and fail without them; but on Windows the go command may be missing: see needGo.

// goEnv returns the environment in which the go command is that of the toolchain
// that built this test, and builds for a target.
func goEnv(goos, goarch string) []string {
	env := append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if version, _, _ := strings.Cut(runtime.Version(), " "); strings.HasPrefix(version, "go1.") {
		env = append(env, "GOTOOLCHAIN="+version)
	}
	return env
}

// goTool runs the go command in a folder, for a target.
func goTool(t *testing.T, dir, goos, goarch string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, goEnv(goos, goarch)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// needGo skips a test that builds a program where there is no go command. So it is under Wine,
// where .ci/run runs the tests for Windows: it links them for both CPUs and each release, and
// compares the layouts (TestGenerate of internal/layoutgen), on Linux.
func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil && runtime.GOOS == "windows" {
		t.Skip(err)
	}
}

// goroot returns the root of the toolchain that built this test. The go command tells it to the
// tests that it runs.
func goroot(t *testing.T) string {
	t.Helper()
	if root := os.Getenv("GOROOT"); root != "" {
		return root
	}
	return strings.TrimSpace(goTool(t, t.TempDir(), runtime.GOOS, runtime.GOARCH, "env", "GOROOT"))
}

// writeFiles writes a module of the given files and returns its folder.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	needGo(t)
	dir := t.TempDir()
	files["go.mod"] = "module program\n\ngo 1.25\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Where somebody has read the tables there must be one: a mistake in a build
// tag would otherwise turn off every test below.
func TestKnownGo(t *testing.T) {
	systems := map[string]bool{"linux": true, "darwin": true, "freebsd": true, "windows": true}
	releases := map[string]bool{"go1.25": true, "go1.26": true, "go1.27": true}
	want := systems[runtime.GOOS] && releases[releaseLine(runtime.Version())] &&
		(runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64")
	if KnownGo != want {
		t.Errorf("KnownGo = %t for %s on %s/%s, want %t",
			KnownGo, runtime.Version(), runtime.GOOS, runtime.GOARCH, want)
	}
}

// tableByName returns the compiled table by the names of the entries.
func tableByName() map[string]int64 {
	table := map[string]int64{}
	v := reflect.ValueOf(Compiled())
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Int {
			table[v.Type().Field(i).Name] = v.Field(i).Int()
		}
	}
	return table
}

// Every entry, against what the linker says about a program of this toolchain,
// for both CPUs.
func TestLayout_DWARF(t *testing.T) {
	if !KnownGo {
		return // TestKnownGo has found that right
	}
	dir := writeFiles(t, map[string]string{"main.go": "package main\n\nfunc main() { println(0) }\n"})
	for _, goarch := range []string{"amd64", "arm64"} {
		goTool(t, dir, runtime.GOOS, goarch, "build", "-o", goarch, ".")
		table, err := dwarflayout.Read(filepath.Join(dir, goarch))
		if err != nil {
			t.Fatal(err)
		}
		compiled := tableByName()
		for name, value := range map[string]int64{ // of PendingTimers, which alone uses them: not in Layout
			"PLink": PLink, "PTimersLen": PTimersLen, "PTimersZombies": PTimersZombies, "SchedPidle": SchedPidle,
		} {
			compiled[name] = value
		}
		if len(compiled) != len(table) {
			t.Errorf("the compiled table has %d entries, DWARF %d", len(compiled), len(table))
		}
		for name, want := range table {
			if got, ok := compiled[name]; !ok || got != want {
				t.Errorf("%s: %s = %d, DWARF says %d", goarch, name, got, want)
			}
		}
	}
}

// runtimeSource returns a file of package runtime.
func runtimeSource(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(goroot(t), "src", "runtime", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStackPreempt(t *testing.T) {
	if !KnownGo {
		return // TestKnownGo has found that right
	}
	const minus1314 = ^uint64(1314) + 1
	if StackPreempt != minus1314 {
		t.Errorf("StackPreempt = %#x, want -1314", uint64(StackPreempt))
	}
	line := regexp.MustCompile(`(?m)^\s*stackPreempt\s*=\s*uintptrMask & -1314$`)
	if !line.MatchString(runtimeSource(t, "stack.go")) {
		t.Error("package runtime no longer defines stackPreempt as -1314")
	}
}

// A platform without a table must still build, for everybody who imports us.
func TestCrossBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("builds much of the standard library for each target once")
	}
	for _, target := range []string{
		"windows/amd64", "darwin/arm64", "freebsd/amd64", "openbsd/amd64",
		"linux/386", "linux/riscv64", "js/wasm",
	} {
		goos, goarch, _ := strings.Cut(target, "/")
		goTool(t, ".", goos, goarch, "build", ".")
	}
	for _, goarch := range []string{"amd64", "arm64"} {
		goTool(t, ".", "linux", goarch, "build", "-tags=stackful_portable", ".")
	}
}
