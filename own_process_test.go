package stackful

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

const ownProcessVariable = "STACKFUL_TEST_OWN_PROCESS"

// inOwnProcess reports whether t runs in a process that was started for it. If not it runs t
// in one, and t must return.
//
// A test that starts the tracer needs it: a g that was seen by the tracer stays marked, with
// whichever goroutine it is used for later, and the switches of those do not take the fast path
// (SLOW_PATH_NEEDED). The tests that come next would not test it.
func inOwnProcess(t *testing.T) bool {
	t.Helper()
	if os.Getenv(ownProcessVariable) == t.Name() {
		return true
	}
	args := []string{os.Args[0], "-test.v", "-test.run=^" + regexp.QuoteMeta(t.Name()) + "$", fmt.Sprintf("-test.short=%v", testing.Short())}
	if e := Emulator(); e != "" {
		args = append([]string{e}, args...)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), ownProcessVariable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case bytes.Contains(out, []byte("--- SKIP")):
		t.Skipf("%s", out)
	default:
		t.Logf("%s", out)
	}
	return false
}
