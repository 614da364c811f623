package doctor

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/clitest"
	"github.com/stackful-go/stackful/cmd/stackful/internal/selftest"
)

func TestMain(m *testing.M) {
	clitest.Main(m, &cli.Program{Commands: []cli.Command{Command}, Children: []cli.Command{selftest.Command}})
}

// needChildren skips a test that is about child processes where the system cannot start
// this program, as under a user-mode emulator.
func needChildren(t *testing.T) {
	exe, err := os.Executable()
	if err == nil {
		cmd := exec.Command(exe, "help")
		if err = cmd.Start(); err == nil {
			cmd.Wait()
		}
	}
	if err != nil {
		t.Skip(err)
	}
}

func TestDoctor(t *testing.T) {
	out := clitest.MustRun(t, "doctor", "-d", "200ms")
	clitest.MustContain(t, out, "backend ", "layout ", "cpu ", "shadow stack ", "kernel ",
		"self-test     ok      wrong layout tables", "self-test     ok      switches", "self-test     ok      panics",
		"self-test     ok      sequences", "self-test     ok      echo", "verdict       ok; ")
}

// A self-test that crashes is told of, with what it printed.
func TestDoctor_crash(t *testing.T) {
	needChildren(t)
	t.Setenv(clitest.ActAs, "crash")
	out, _, code := clitest.Run(t.Context(), "doctor", "-d", "200ms")
	if code != cli.ExitFailed {
		t.Errorf("exit code %d, want %d", code, cli.ExitFailed)
	}
	clitest.MustContain(t, out, "self-test     panic: crashing on demand", "verdict       SELF-TEST FAILED: exit status 2")
}

// Where no process can be started, as under a user-mode emulator that the system does not
// know of, the self-test runs here, and says so.
func TestDoctor_noProcess(t *testing.T) {
	noProgram := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(noProgram, []byte("of another processor"), 0o755); err != nil {
		t.Fatal(err)
	}
	defer func(old func() (string, error)) { executable = old }(executable)
	for name, find := range map[string]func() (string, error){
		"cannot be started": func() (string, error) { return noProgram, nil },
		"cannot be found":   func() (string, error) { return "", errors.New("no executable") },
	} {
		t.Run(name, func(t *testing.T) {
			executable = find
			clitest.MustContain(t, clitest.MustRun(t, "doctor", "-d", "200ms"), "self-test     note    in this process",
				"self-test     ok      wrong layout tables", "self-test     ok      echo", "verdict       ok; ")
		})
	}
}

// A self-test that fails in this process is no success.
func TestDoctor_noProcessFails(t *testing.T) {
	defer func(old func() (string, error)) { executable = old }(executable)
	executable = func() (string, error) { return "", errors.New("no executable") }
	defer func(old []selftest.Test) { tests = old }(tests)
	tests = []selftest.Test{{Name: "one", Run: tests[0].Run}, {Name: "two", Run: func(context.Context, io.Writer, time.Duration) error {
		return errors.New("on demand")
	}}}
	out, _, code := clitest.Run(t.Context(), "doctor", "-d", "200ms")
	if code != cli.ExitFailed {
		t.Errorf("exit code %d, want %d", code, cli.ExitFailed)
	}
	clitest.MustContain(t, out, "self-test     ok      one", "self-test     FAILED  two: on demand", "verdict       SELF-TEST FAILED: see above; ")
}
