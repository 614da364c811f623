package patch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/cmd/stackful/internal/overlay"
)

func TestTakeOverlay(t *testing.T) {
	for _, c := range []struct{ args, name, rest string }{
		{"", "", ""},
		{"./...", "", "./..."},
		{"-overlay=a.json -v ./...", "a.json", "-v ./..."},
		{"-o out --overlay a.json .", "a.json", "-o out ."},
		{"-overlay=a -overlay=b .", "b", "."},
		{"-race . -overlay=theirs", "", "-race . -overlay=theirs"}, // the program's own
		{"-f {{.GoFiles}} -overlay=a .", "a", "-f {{.GoFiles}} ."},
		{"-vettool tool -overlay=a .", "a", "-vettool tool ."},
		{"-tags overlay .", "", "-tags overlay ."},
		{"-v -args -overlay=theirs", "", "-v -args -overlay=theirs"},
		{"-run X -- -overlay=theirs", "", "-run X -- -overlay=theirs"},
	} {
		name, rest := takeOverlay(strings.Fields(c.args))
		if name != c.name || strings.Join(rest, " ") != c.rest {
			t.Errorf("%q: got %q and %q, want %q and %q", c.args, name, rest, c.name, c.rest)
		}
	}
}

func TestSplitChdir(t *testing.T) {
	for _, c := range []struct{ args, lead string }{
		{"-C dir -v .", "-C dir"}, {"-C=dir .", "-C=dir"}, {"-v -C dir", ""}, {"", ""}, {"-C", ""},
	} {
		args := strings.Fields(c.args)
		lead, rest := splitChdir(args)
		if strings.Join(lead, " ") != c.lead || len(lead)+len(rest) != len(args) {
			t.Errorf("%q: got %q and %q", c.args, lead, rest)
		}
	}
}

// A toolchain in the module cache gets another name, others do not.
func TestOutsideOf(t *testing.T) {
	dir := t.TempDir()
	modcache, cache := filepath.Join(dir, "mod"), filepath.Join(dir, "cache")
	inside := filepath.Join(modcache, "toolchain@v1")
	if err := os.MkdirAll(inside, 0o777); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := outsideOf(modcache, overlay.Toolchain{GOROOT: inside}, cache)
		if err != nil {
			t.Fatal(err)
		}
		if to, err := os.Readlink(got); err != nil || to != inside || strings.HasPrefix(got, modcache) {
			t.Errorf("got %s, which leads to %q, %v", got, to, err)
		}
	}
	for _, outside := range []string{filepath.Join(dir, "go"), modcache + "2"} {
		if got, err := outsideOf(modcache, overlay.Toolchain{GOROOT: outside}, cache); got != outside || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, outside)
		}
	}
}
