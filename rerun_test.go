package stackful_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

const rerunVariable = "STACKFUL_TEST_RERUN"

// rerunning says that this process was started by rerun, for the test t.
func rerunning(t testing.TB) bool { return os.Getenv(rerunVariable) == t.Name() }

// rerun runs the tests that match pattern in a process of its own, with env
// added to the environment, and returns what it printed and its exit code.
// One that does not end is made to print its goroutines.
func rerun(t testing.TB, pattern string, env ...string) (output string, exitCode int) {
	t.Helper()
	const patience = 2 * time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args := []string{os.Args[0], "-test.v", "-test.run=^" + pattern + "$", fmt.Sprintf("-test.short=%v", testing.Short())}
	if e := emulator(); e != "" {
		args = append([]string{e}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), rerunVariable+"="+pattern)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", pattern, err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
