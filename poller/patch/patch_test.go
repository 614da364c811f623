package patch

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

func TestRequire(t *testing.T) {
	if Active() != (Require() == nil) {
		t.Errorf("Active is %v, Require returns %v", Active(), Require())
	}
	if err := Require(); err != nil && !errors.Is(err, ErrNotPatched) {
		t.Error(err)
	}
	if os.Getenv("STACKFUL_PATCHED") != "" && runtimepatch.Found() != runtimepatch.Version {
		t.Errorf("version %d of the patch was found, want %d", runtimepatch.Found(), runtimepatch.Version)
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		found int
		want  string
	}{
		{0, "stackful build"},
		{runtimepatch.Version, "portable backend (no layout)"},
		{runtimepatch.Version + 1, "another version"},
	} {
		err := explain(c.found, "plan9", stackful.BackendInfo{Reason: "no layout"})
		if !errors.Is(err, ErrNotPatched) {
			t.Error(err)
		}
		if supported && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %q, want it to contain %q", err, c.want)
		}
		if !supported && !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	}
}
