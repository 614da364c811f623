//go:build linux && !poller_std

package patch

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The race detector reports a race between a task and a goroutine, both of which wait in
// channels; it does not report what channels order.
func TestRace(t *testing.T) {
	tool := tool(t)
	exe := filepath.Join(t.TempDir(), "racy")
	if out, err := exec.Command(tool, "build", "-race", "-o", exe, "./racy").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(exe).CombinedOutput()
	text := string(out)
	if err == nil || !strings.Contains(text, "WARNING: DATA RACE") ||
		!strings.Contains(text, "main.writeInTask(") || !strings.Contains(text, "main.writeInGoroutine(") {
		t.Errorf("%v, got\n%s\nwant the report of a race of both writers", err, text)
	}
	if out, err := exec.Command(exe, "-ordered").CombinedOutput(); err != nil || string(out) != "end: <nil> 2\n" {
		t.Errorf("with an order: %v\n%s", err, out)
	}
}
