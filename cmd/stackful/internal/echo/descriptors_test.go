package echo

import (
	"math"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/clitest"
)

func TestCheckDescriptors(t *testing.T) {
	for _, c := range []struct {
		clients int
		limit   uint64
		ok      bool
	}{{0, 100, true}, {500, 1024, true}, {1000, 1024, false}, {1000, math.MaxUint64, true}, {1, 3, false}} {
		err := checkDescriptors(c.clients, c.limit)
		if (err == nil) != c.ok {
			t.Errorf("%d clients, limit %d: %v", c.clients, c.limit, err)
		}
	}
	err := checkDescriptors(1000, 1024)
	for _, part := range []string{"RLIMIT_NOFILE", "1024", "ulimit -n 1365", "-clients 744"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
	if err := checkDescriptors(744, 1024); err != nil {
		t.Error(err)
	}
}

// The limit is looked at before anything is started.
func TestEcho_descriptors(t *testing.T) {
	if descriptorLimit() > 1<<30 {
		t.Skip("no limit here")
	}
	out, errs, code := clitest.Run(t.Context(), "echo", "-clients", "1500000000")
	if code != cli.ExitFailed || !strings.Contains(errs, "RLIMIT_NOFILE") || out != "" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}
