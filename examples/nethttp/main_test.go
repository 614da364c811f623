package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/poller/patch"
)

// goCommand returns the go command with arguments, for the machine's own CPU, also where the test is
// emulated.
func goCommand(args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOARCH=")
	return cmd
}

// Built by go, it says how to build it.
func TestUnpatched(t *testing.T) {
	if patch.Active() {
		t.Skip("the go command that runs this test patches")
	}
	out, err := goCommand("run", ".").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "stackful build") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Built by stackful, its requests are made at once.
func TestPatched(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the standard library can be patched for Linux")
	}
	if testing.Short() {
		t.Skip("compiles the standard library")
	}
	stackful := filepath.Join(t.TempDir(), "stackful")
	if out, err := goCommand("build", "-o", stackful, "../../cmd/stackful").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(stackful, "run", ".")
	run.Env = append(os.Environ(), "GOARCH=")
	out, err := run.CombinedOutput()
	if want := "20 requests of 100ms each on one goroutine, at once: true\n"; err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}
