package overlay

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
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
	if len(files) < 15 {
		t.Errorf("only %d files", len(files))
	}
	for name, text := range files {
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
			t.Error(err)
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
		{"nothing", "internal/poll/fd_unix.go", "", "", ""},
		{"comment", "internal/poll/fd_mutex.go", "// Lock is free, acquire it.", "// Free.\n", ""},
		{"layout", "internal/poll/fd_poll_runtime.go", "if pd.runtimeCtx == 0 {\n\t\treturn nil\n\t}", "if pd.runtimeCtx == 0 { return nil }", ""},
		{"body", "internal/poll/fd_poll_runtime.go", "res := runtime_pollWait(pd.runtimeCtx, mode)", "res := runtime_pollWait(pd.runtimeCtx, mode+0)",
			"internal/poll/fd_poll_runtime.go: (*pollDesc).wait has another form"},
		{"struct", "internal/poll/fd_poll_runtime.go", "runtimeCtx uintptr", "runtimeCtx uint64", "type pollDesc has another form"},
		{"missing", "internal/poll/fd_poll_runtime.go", "func setDeadlineImpl(", "func setDeadline(", "setDeadlineImpl is missing"},
		{"signature", "net/dial.go", "dialParallel(ctx context.Context, primaries, fallbacks addrList)", "dialParallel(ctx context.Context, fallbacks, primaries addrList)",
			"net/dial.go: (*sysDialer).dialParallel has the type"},
		{"linkname", "runtime/time.go", "//go:linkname timeSleep time.Sleep", "//go:linkname timeSleep time.sleep", "timeSleep lacks the comment"},
		{"new use", "internal/poll/fd_posix.go", "func (fd *FD) Shutdown(", "func (fd *FD) waits() { runtime_pollWait(fd.pd.runtimeCtx, 'r') }\n\nfunc (fd *FD) Shutdown(",
			"internal/poll/fd_posix.go: (*FD).waits uses runtime_pollWait, which is new"},
		{"new use elsewhere", "internal/poll/fd_windows.go", "func (fd *FD) destroy(", "func waits() { runtime_pollWait(0, 0) }\n\nfunc (fd *FD) destroy(", ""},
		{"missing file", "net/lookup_unix.go", "", "-", "lookup_unix.go"},
		{"in the way", "net/zstackful.go", "", "package net\n", "net/zstackful.go is there already"},
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

	name := filepath.Join(tc.GOROOT, "src", "net", "dial.go")
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

// The two sides of the seam are declared alike, and have the same version.
func TestSeam(t *testing.T) {
	const other = "../../../../poller/internal/std/std.go"
	ours := parse(t, "files/poll.go.txt")
	theirs := parse(t, other)
	if a, b := ours["stackfulHooks"], theirs["Table"]; a == "" || a != b {
		t.Errorf("stackfulHooks is\n%s\nand std.Table is\n%s", a, b)
	}
	if a, b := ours["stackfulVersion"], theirs["Version"]; a == "" || a != b {
		t.Errorf("the versions are %q and %q", a, b)
	}
	for a, b := range map[string]string{"stackfulReady": "Ready", "stackfulAgain": "Again", "stackfulUnwatchable": "Unwatchable", "stackfulInterrupted": "Interrupted"} {
		if ours[a] == "" || ours[a] != theirs[b] {
			t.Errorf("%s is %s, and %s is %s", a, ours[a], b, theirs[b])
		}
	}
}

// parse returns the types of structs, and the values of constants and variables.
func parse(t *testing.T, name string) map[string]string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, d := range tree.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for i, s := range g.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if st, ok := s.Type.(*ast.StructType); ok {
					for _, f := range st.Fields.List {
						for _, id := range f.Names {
							all[s.Name.Name] += id.Name + " " + types.ExprString(f.Type) + "\n"
						}
					}
				}
			case *ast.ValueSpec:
				switch {
				case len(s.Values) == 1 && types.ExprString(s.Values[0]) != "iota":
					all[s.Names[0].Name] = types.ExprString(s.Values[0])
				case g.Tok == token.CONST:
					all[s.Names[0].Name] = string(rune('0' + i))
				}
			}
		}
	}
	return all
}

// The added files are formatted as if they were Go's.
func TestFiles_formatted(t *testing.T) {
	names, _ := filepath.Glob("files/*.txt")
	if len(names) < 6 {
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
