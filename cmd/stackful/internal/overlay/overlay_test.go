package overlay

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// toolchain returns the Go that runs the test.
func toolchain(t *testing.T) Toolchain {
	t.Helper()
	out, err := exec.Command("go", "env", "-json", "GOROOT", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	var tc Toolchain
	if err := json.Unmarshal(out, &tc); err != nil {
		t.Fatal(err)
	}
	return tc
}

// The edits apply to the Go at hand, and the results parse. (.ci/run does this with
// each release, and compiles and runs them.)
func TestFiles(t *testing.T) {
	tc := toolchain(t)
	files, err := Files(tc)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"runtime/zstackful.go", "runtime/zstackful_adopt.go", "runtime/zstackful_amd64.s", "runtime/zstackful_arm64.s", "runtime/zstackful_preempt.go", "runtime/zstackful_quit.go", "runtime/zstackful_race.go", "runtime/zstackful_norace.go", "os/zstackful.go", "net/zstackful.go",
		"runtime/runtime2.go", "runtime/proc.go", "runtime/netpoll.go", "runtime/signal_unix.go", "runtime/sema.go", "runtime/time.go", "iter/iter.go", "iter/zstackful.go",
		"runtime/mgc.go", "os/exec.go", "net/fd_unix.go", "testing/testing.go", "testing/zstackful.go", "runtime/zstackful_sim.go",
	} {
		if files[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	for name, text := range files {
		if strings.HasSuffix(name, ".go") {
			if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
				t.Error(err)
			}
		}
		old, err := os.ReadFile(filepath.Join(tc.GOROOT, "src", name))
		if err != nil {
			continue // added
		}
		if bytes.Equal(old, text) {
			t.Errorf("%s is not changed", name)
		}
		if bytes.Count(old, []byte("\n")) != bytes.Count(text, []byte("\n")) {
			t.Errorf("%s has other lines than the original", name)
		}
	}
}

// copyOf copies the folders of GOROOT/src that the plan is about.
func copyOf(t *testing.T, tc Toolchain) Toolchain {
	t.Helper()
	release, err := releaseOf(tc.GOVERSION)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, p := range plan(release) {
		from := filepath.Join(tc.GOROOT, "src", filepath.FromSlash(p.dir))
		to := filepath.Join(root, "src", filepath.FromSlash(p.dir))
		if err := os.MkdirAll(to, 0o777); err != nil {
			t.Fatal(err)
		}
		names, _ := filepath.Glob(filepath.Join(from, "*.go"))
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), text, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return Toolchain{root, tc.GOVERSION}
}

// A standard library that differs is refused, with the name of what differs; one
// that differs in comments and layout is not.
func TestFiles_refusal(t *testing.T) {
	tc := copyOf(t, toolchain(t))
	for _, c := range []struct {
		name, file, old, new string
		want                 string // in the error; "" if there must be none
	}{
		{"nothing", "runtime/proc.go", "", "", ""},
		{"comment", "runtime/proc.go", "\t// can't do anything that might move the G between Ms here.", "\t// Stay.", ""},
		{"layout", "runtime/netpoll.go", "if errcode != pollNoError {\n\t\treturn errcode\n\t}\n\tif mode", "if errcode != pollNoError { return errcode }\n\tif mode", ""},
		{"body that no edit relies on", "runtime/time.go", "if ns <= 0 {", "if ns < 1 {", ""},
		{"body", "runtime/proc.go", "mp.waitlock = lock\n", "mp.waitlock = unsafe.Pointer(lock)\n", "runtime/proc.go: gopark has another form"},
		{"struct", "runtime/runtime2.go", "\tstackguard1 uintptr", "\tstackguard1 uint64", "runtime/runtime2.go: type g has another form"},
		{"missing", "runtime/netpoll.go", "func netpollblockcommit(", "func netpollcommit(", "runtime/netpoll.go: netpollblockcommit is missing"},
		{"signature", "os/exec.go", "func (p *Process) Wait() (*ProcessState, error)", "func (p *Process) Wait() (s *ProcessState, err error)",
			"os/exec.go: (*Process).Wait has the type"},
		{"linkname", "runtime/time.go", "//go:linkname timeSleep time.Sleep", "//go:linkname timeSleep time.sleep", "timeSleep lacks the comment"},
		{"call", "runtime/sema.go", "semacquire1(addr, false, 0, 0, waitReasonSemacquire)", "semacquire2(addr)",
			"runtime/sema.go: semacquire does not call semacquire1"},
		{"send", "testing/testing.go", "\t\t\tt.signal <- signal\n", "\t\t\tt.done <- signal\n", "testing/testing.go: tRunner"},
		{"new use", "runtime/metrics.go", "func metricsUnlock(", "func newLock() { gopark(nil, nil, waitReasonChanReceive, 0, 1) }\n\nfunc metricsUnlock(",
			"runtime/metrics.go: newLock uses waitReasonChanReceive, which is new"},
		{"new field of a wait", "runtime/metrics.go", "func metricsUnlock(", "func newUse() { getg().selectDone.Store(0) }\n\nfunc metricsUnlock(",
			"runtime/metrics.go: newUse uses selectDone, which is new"},
		{"new use elsewhere", "runtime/os_darwin.go", "func osinit(", "func waits() { gopark(nil, nil, waitReasonSelect, 0, 1) }\n\nfunc osinit(", ""},
		{"missing file", "iter/iter.go", "", "-", "iter.go"},
		{"in the way", "runtime/zstackful.go", "", "package runtime\n", "runtime/zstackful.go is there already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join(tc.GOROOT, "src", filepath.FromSlash(c.file))
			text, err := os.ReadFile(name)
			isNew := errors.Is(err, os.ErrNotExist)
			switch {
			case c.new == "-":
				os.Remove(name)
			case isNew:
				os.WriteFile(name, []byte(c.new), 0o666)
			case !bytes.Contains(text, []byte(c.old)):
				t.Fatalf("%s does not contain %q", c.file, c.old)
			default:
				os.WriteFile(name, bytes.Replace(text, []byte(c.old), []byte(c.new), 1), 0o666)
			}
			defer func() {
				os.Remove(name)
				if !isNew {
					os.WriteFile(name, text, 0o666)
				}
			}()
			_, err = Files(tc)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want it to contain %q", err, c.want)
			}
		})
	}
}

func TestReleaseOf(t *testing.T) {
	for _, c := range []struct{ goversion, want string }{
		{"go1.26.8", "go1.26"}, {"go1.25rc1", "go1.25"}, {"go1.27.4 X:nodwarf5", "go1.27"}, {"go1.26.8-custom", "go1.26"},
		{"go1.24.9", ""}, {"go1.28", ""}, {"devel go1.28-abcdef", ""}, {"", ""},
	} {
		got, err := releaseOf(c.goversion)
		if got != c.want || (c.want == "") != errors.Is(err, ErrUnknown) {
			t.Errorf("%q: got %q, %v; want %q", c.goversion, got, err, c.want)
		}
	}
}

// Write writes below its folder only, makes the same from the same, and something
// else when the library differs.
func TestWrite(t *testing.T) {
	tc := copyOf(t, toolchain(t))
	before := list(t, tc.GOROOT)
	cache := t.TempDir()
	first, err := Write(tc, cache, nil)
	if err != nil {
		t.Fatal(err)
	}
	made := list(t, cache)
	again, err := Write(tc, cache, nil)
	if err != nil || again != first || list(t, cache) != made {
		t.Errorf("the second time: %s, %v, want %s and no other files", again, err, first)
	}
	if list(t, tc.GOROOT) != before {
		t.Error("files of GOROOT were changed")
	}
	var overlay struct{ Replace map[string]string }
	text, _ := os.ReadFile(first)
	if err := json.Unmarshal(text, &overlay); err != nil {
		t.Fatal(err)
	}
	for from, to := range overlay.Replace {
		if !strings.HasPrefix(from, tc.GOROOT) || !strings.HasPrefix(to, cache) {
			t.Errorf("%s is replaced by %s", from, to)
		}
		if _, err := os.Stat(to); err != nil {
			t.Error(err)
		}
	}

	name := filepath.Join(tc.GOROOT, "src", "net", "fd_unix.go")
	old, _ := os.ReadFile(name)
	os.WriteFile(name, append(old, "\nvar another int\n"...), 0o666)
	if other, err := Write(tc, cache, nil); err != nil || other == first {
		t.Errorf("for another library: %s, %v", other, err)
	}

	mine := map[string]string{"/a.go": "/b.go"}
	joined, err := Write(tc, cache, mine)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(joined); !strings.Contains(string(text), `"/a.go": "/b.go"`) {
		t.Errorf("the user's replacement is not in %s", text)
	}
	if _, err := Write(tc, cache, map[string]string{name: "/b.go"}); err == nil {
		t.Error("a file is replaced twice")
	}
}

// list returns the names, sizes and contents of all files below dir.
func list(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		b.WriteString(name)
		b.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The added files are formatted as if they were Go's.
func TestFiles_formatted(t *testing.T) {
	names, _ := filepath.Glob("files/*.go.txt")
	if len(names) < 7 {
		t.Fatal(names)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.Source(text)
		if err != nil || !bytes.Equal(formatted, text) {
			t.Errorf("%s: not as gofmt has it: %v", name, err)
		}
	}
}

func TestMain(m *testing.M) {
	if runtime.GOOS == "js" {
		os.Exit(0) // there is no go command
	}
	os.Exit(m.Run())
}
