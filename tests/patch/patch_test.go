//go:build linux && !poller_std

// Package patch tests `stackful build`, run and test from outside, with programs
// that it builds.
package patch

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// tool builds the command stackful, for the machine's own processor.
func tool(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles the standard library; .ci/run does it in a step of its own")
	}
	if runtime.GOARCH == "arm64" && os.Getenv("GOARCH") != "" {
		t.Skip("the go command runs outside of the emulator")
	}
	name := filepath.Join(t.TempDir(), "stackful")
	if out, err := exec.Command("go", "build", "-o", name, "../../cmd/stackful").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

const demoOutput = `alex is eat1
alex is play1
alex is task1
alex is task2
alex is play2
alex is eat2
7 units
500 clients served
`

func TestRun(t *testing.T) {
	tool := tool(t)
	out, err := exec.Command(tool, "run", "./demo", "-unit", "100ms").CombinedOutput()
	if err != nil || string(out) != demoOutput {
		t.Errorf("%v, got\n%s\nwant\n%s", err, out, demoOutput)
	}
}

// A program that requires the patch says how to be built, or why it cannot be had.
func TestRequire(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	for want, cmd := range map[string]*exec.Cmd{
		"stackful build":   exec.Command("go", "run", "./demo"),
		"portable backend": exec.Command(tool(t), "run", "-tags", "stackful_portable", "./demo"),
		"the build tag":    exec.Command(tool(t), "run", "-tags", "poller_poll", "./demo"),
	} {
		out, err := cmd.CombinedOutput()
		if !errors.As(err, new(*exec.ExitError)) || !strings.Contains(string(out), want) {
			t.Errorf("%v\n%s\nwant a text with %q", err, out, want)
		}
	}
}

// build passes go's flags and exit codes on, and joins the user's overlay with ours.
func TestBuild(t *testing.T) {
	tool := tool(t)
	dir := t.TempDir()
	demo, err := filepath.Abs("demo")
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "main.go")
	text := "package main\n\nimport (\n\t\"fmt\"\n\n\t\"github.com/stackful-go/stackful/poller/patch\"\n)\n\nfunc main() { fmt.Println(patch.Active(), patch.Require()) }\n"
	if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, []byte(`{"Replace": {"`+filepath.Join(demo, "main.go")+`": "`+other+`"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "exe")
	if out, err := exec.Command(tool, "build", "-C", demo, "-o", exe, "-overlay", list, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(exe).CombinedOutput()
	if err != nil || string(out) != "true <nil>\n" {
		t.Errorf("%v\n%s", err, out)
	}

	cmd := exec.Command(tool, "build", "./nonexistent")
	cmd.Env = append(os.Environ(), "GOFLAGS=-overlay="+list)
	err = cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("exit code of a build that fails: %v", err)
	}
	cmd = exec.Command(tool, "build", "./demo")
	cmd.Env = append(os.Environ(), "GOOS=darwin")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "darwin") {
		t.Errorf("for darwin: %v\n%s", err, out)
	}
}

// overlay prints a file that go build takes.
func TestOverlay(t *testing.T) {
	tool := tool(t)
	cmd := exec.Command(tool, "overlay")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(string(out))
	if _, err := os.Stat(name); err != nil {
		t.Fatal(err)
	}
	// Given by GOFLAGS, it is the tool's own, and not given twice.
	cmd = exec.Command(tool, "run", "./demo", "-unit", "10ms", "-clients", "1")
	cmd.Env = append(os.Environ(), "GOFLAGS=-overlay="+name)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "alex is eat2") {
		t.Errorf("%v\n%s", err, out)
	}
}
