package asm

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/asm/internal/dwarflayout"
)

// The tests of this file compare what we assume with the toolchain that built
// this test. They need its go command and its source, also under an emulator,
// and fail without them.

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

// writeFiles writes a module of the given files and returns its folder.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
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
	l := Compiled()
	return map[string]int64{
		"GStackLo": int64(l.GStackLo), "GStackHi": int64(l.GStackHi),
		"GStackguard0": int64(l.GStackguard0), "GPanic": int64(l.GPanic),
		"GDefer": int64(l.GDefer), "GM": int64(l.GM),
		"GSchedSP": int64(l.GSchedSP), "GSchedPC": int64(l.GSchedPC),
		"GSchedG": int64(l.GSchedG), "GSchedCtxt": int64(l.GSchedCtxt),
		"GSchedLR": int64(l.GSchedLR), "GSchedBP": int64(l.GSchedBP),
		"GSyscallsp": int64(l.GSyscallsp), "GStktopsp": int64(l.GStktopsp),
		"GParam": int64(l.GParam), "GAtomicstatus": int64(l.GAtomicstatus),
		"GGoid": int64(l.GGoid), "GWaitreason": int64(l.GWaitreason),
		"GPreempt": int64(l.GPreempt), "GGcscandone": int64(l.GGcscandone),
		"GLockedm": int64(l.GLockedm), "GSecret": int64(l.GSecret),
		"GDitWanted": int64(l.GDitWanted), "GRacectx": int64(l.GRacectx),
		"GLabels": int64(l.GLabels), "GGoroutineProfiled": int64(l.GGoroutineProfiled),
		"GCoroarg": int64(l.GCoroarg), "GBubble": int64(l.GBubble),
		"GTraceStatusTraced": int64(l.GTraceStatusTraced),
		"GGcAssistBytes":     int64(l.GGcAssistBytes), "GSize": int64(l.GSize),
		"MCurg": int64(l.MCurg), "MNcgo": int64(l.MNcgo),
		"MIsextra": int64(l.MIsextra), "MLocks": int64(l.MLocks),
		"StatusRunning": int64(l.StatusRunning), "StatusWaiting": int64(l.StatusWaiting),
		"StatusScanBit": int64(l.StatusScanBit), "StackGuard": int64(l.StackGuard),
		"WaitReasonCoroutine": int64(l.WaitReasonCoroutine),
	}
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
	root := strings.TrimSpace(goTool(t, t.TempDir(), runtime.GOOS, runtime.GOARCH, "env", "GOROOT"))
	text, err := os.ReadFile(filepath.Join(root, "src", "runtime", name))
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
