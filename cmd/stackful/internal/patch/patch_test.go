package patch

import (
	"os"
	"path/filepath"
	"runtime"
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

func TestTakeFlag(t *testing.T) {
	for _, c := range []struct {
		args, rest string
		found      bool
	}{
		{"", "", false},
		{"-tasks .", ".", true},
		{"-race --tasks=true . -tasks", "-race . -tasks", true}, // the second is the program's own
		{"-o -tasks .", "-o -tasks .", false},
		{"-tags -tasks -tasks .", "-tags -tasks .", true},
		{". -tasks", ". -tasks", false},
	} {
		found, rest := takeFlag(strings.Fields(c.args), "tasks")
		if found != c.found || strings.Join(rest, " ") != c.rest {
			t.Errorf("%q: got %v and %q, want %v and %q", c.args, found, rest, c.found, c.rest)
		}
	}
}

func TestSplitPackages(t *testing.T) {
	for _, c := range []struct{ name, args, named, list string }{
		{"build", "-race -tags a,b -o out ./x ./y", "./x ./y", "-tags a,b"},
		{"run", "-mod=mod -C dir . -tags theirs", ". -tags theirs", "-mod=mod"},
		{"test", "-tags=x ./... -run X ./y", "./...", "-tags=x"},
		{"test", "-run X", "", ""},
		{"build", "-modfile", "", "-modfile"},
	} {
		flags, named := splitPackages(c.name, strings.Fields(c.args))
		if got := strings.Join(named, " "); got != c.named {
			t.Errorf("%s %q: the packages are %q, want %q", c.name, c.args, got, c.named)
		}
		if got := strings.Join(listFlags(flags), " "); got != c.list {
			t.Errorf("%s %q: the flags for go list are %q, want %q", c.name, c.args, got, c.list)
		}
	}
}

// A workspace has what go uses at hand, by absolute names, and the given folder.
func TestWorkspace(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("there is no go command")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"alone/go.mod":      "module example.com/alone\n\ngo 1.21.3\n\ngodebug panicnil=1 // as it was\n\ngodebug (\n\t// two more\n\thttp2client=0\n\thttp2server=0\n)\n\nreplace example.com/x => ./x\n",
		"work/one/go.mod":   "module example.com/one\n\ngo 1.22\n",
		"work/go.work":      "go 1.23\n\nuse ./one\n\nreplace (\n\texample.com/x v1.0.0 => ./x\n\texample.com/y => example.com/z v1.2.3\n)\n",
		"none/main.go":      "package main\n",
		"default/go.mod":    "module example.com/default\n\ngo 1.22\n\ngodebug default=go1.23\n",
		"default/x/main.go": "package main\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "")
	for at, want := range map[string]string{
		"alone":     "godebug panicnil=1\ngodebug http2client=0\ngodebug http2server=0\ngodebug default=go1.21\nuse \"/ours\"\nuse \"DIR/alone\"\n",
		"work/one":  "godebug default=go1.23\nuse \"/ours\"\nuse \"DIR/work/one\"\nreplace \"example.com/x\" v1.0.0 => \"DIR/work/x\" \nreplace \"example.com/y\"  => \"example.com/z\" v1.2.3\n",
		"default/x": "godebug default=go1.23\nuse \"/ours\"\nuse \"DIR/default\"\n",
		"none":      "use \"/ours\"\n",
	} {
		got, err := workspace([]string{"-C", filepath.Join(dir, at)}, "/ours")
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		head, rest, _ := strings.Cut(got, "\n\n")
		if at == "none" { // the default is that of the release
			_, rest, _ = strings.Cut(rest, "\n")
		}
		if !strings.HasPrefix(head, "go 1.") || rest != strings.ReplaceAll(want, "DIR", dir) {
			t.Errorf("%s: got\n%s\nwant\n%s", at, got, want)
		}
	}
	if got, err := moduleDir(); err != nil || !filepath.IsAbs(got) {
		t.Errorf("this module is in %q, %v", got, err)
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
