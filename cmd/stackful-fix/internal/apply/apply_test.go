package apply

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// module makes a module of the files and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.25\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	return dir
}

func program() map[string]string {
	return map[string]string{
		"main.go": `package main

import (
	"fmt"
	"net"
	"time"
)

func main() {
	time.Sleep(time.Second)
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return
	}
	fmt.Println(l.(*net.TCPListener).Addr())
	// Some lines,
	// so that
	// there
	// are
	// two
	// hunks
	// in
	// the
	// diff.
	var d net.Dialer
	d.Dial("tcp", ":0")
	net.Dial("tcp", ":0")
}
`,
		"main_test.go": `package main

import (
	"testing"
	"time"
)

func TestNap(t *testing.T) { time.Sleep(1) }
`,
	}
}

const report = `main.go:10:2: changed: time.Sleep stops the goroutine with all its tasks; poller.Sleep parks the task
main.go:11:12: changed: net.Listen stops the goroutine with all its tasks; poller.Listen parks the task
main.go:15:17: BREAKS: the type assertion to *net.TCPListener fails for what package poller returns, a *poller.Listener; assert that, or an interface with the methods that are needed
main.go:26:4: by hand: (*net.Dialer).Dial stops the goroutine with all its tasks (not changed: the types differ); use poller.Dialer
main.go:27:2: changed: net.Dial stops the goroutine with all its tasks; poller.Dial parks the task
main_test.go:8:30: changed: time.Sleep stops the goroutine with all its tasks; poller.Sleep parks the task
4 uses changed in 2 files, 1 to be changed by hand, 1 type assertions that will fail
then: go get github.com/stackful-go/stackful
`

func TestRun(t *testing.T) {
	var said bytes.Buffer
	dir := module(t, program())
	if err := (Options{Dir: dir, Report: &said}).Run("./..."); !errors.Is(err, ErrLeft) {
		t.Error(err)
	}
	if got := said.String(); got != report {
		t.Errorf("the report is\n%s", got)
	}
	want := strings.NewReplacer("time.Sleep", "poller.Sleep", "net.Listen(", "poller.Listen(", "net.Dial(", "poller.Dial(",
		"\t\"time\"\n)", "\t\"time\"\n\n\t\"github.com/stackful-go/stackful/poller\"\n)").Replace(program()["main.go"])
	text, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
	text, err = os.ReadFile(filepath.Join(dir, "main_test.go"))
	if err != nil || strings.Contains(string(text), "time") {
		t.Errorf("%v\n%s", err, text)
	}
}

// What -diff writes, patch(1) makes of the old files what a run without it does.
func TestRun_diff(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip(err)
	}
	var diff, said bytes.Buffer
	dir := module(t, program())
	if err := (Options{Dir: dir, Diff: true, Out: &diff, Report: &said}).Run("./..."); !errors.Is(err, ErrLeft) {
		t.Error(err)
	}
	if got := strings.ReplaceAll(said.String(), "to change", "changed"); got != report {
		t.Errorf("the report is\n%s", got)
	}
	if n := strings.Count(diff.String(), "@@ -"); n != 3 {
		t.Errorf("%d hunks in\n%s", n, &diff)
	}
	applyPatch(t, dir, diff.Bytes())
	other := module(t, program())
	if err := (Options{Dir: other, Report: &said}).Run("./..."); !errors.Is(err, ErrLeft) {
		t.Error(err)
	}
	for name := range program() {
		a, err := os.ReadFile(filepath.Join(dir, name))
		b, err2 := os.ReadFile(filepath.Join(other, name))
		if !bytes.Equal(a, b) || err != nil || err2 != nil {
			t.Errorf("%s differs: %v, %v\n%s\n%s", name, err, err2, a, b)
		}
	}
}

func applyPatch(t *testing.T, dir string, diff []byte) {
	t.Helper()
	patch := exec.Command("patch", "-p1", "--fuzz=0")
	patch.Dir, patch.Stdin = dir, bytes.NewReader(diff)
	if out, err := patch.CombinedOutput(); err != nil || bytes.Contains(out, []byte("offset")) {
		t.Fatalf("patch: %v\n%s\n%s", err, out, diff)
	}
}

// Nothing to change is nothing to say but that, and no assertion matters.
func TestRun_nothing(t *testing.T) {
	var said bytes.Buffer
	dir := module(t, map[string]string{"a.go": "package a\n\nimport \"net\"\n\nfunc f(c net.Conn) { _ = c.(*net.TCPConn) }\n"})
	if err := (Options{Dir: dir, Report: &said}).Run("."); err != nil {
		t.Error(err)
	}
	if got, want := said.String(), "0 uses changed in 0 files, 0 to be changed by hand, 0 type assertions that will fail\n"; got != want {
		t.Errorf("it says %q", got)
	}
}

// In packages with errors nothing is changed.
func TestRun_errors(t *testing.T) {
	var said bytes.Buffer
	files := map[string]string{"a.go": "package a\n\nimport \"time\"\n\nfunc f() { time.Sleep(nonsense) }\n"}
	dir := module(t, files)
	err := Options{Dir: dir, Report: &said}.Run(".")
	text, readErr := os.ReadFile(filepath.Join(dir, "a.go"))
	if err == nil || errors.Is(err, ErrLeft) || string(text) != files["a.go"] || readErr != nil || !strings.Contains(said.String(), "nonsense") {
		t.Errorf("%v, %v, %q\n%s", err, readErr, text, &said)
	}
}

func TestUnified_random(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 0))
		random := func(n int) (text []byte) {
			for range n {
				text = fmt.Appendf(text, "%d\n", r.IntN(5))
			}
			return text
		}
		before := random(r.IntN(60))
		after := bytes.Clone(before)
		for range r.IntN(4) {
			at := 2 * r.IntN(len(after)/2+1)
			after = append(append(bytes.Clone(after[:at]), random(r.IntN(3))...), after[min(len(after), at+2*r.IntN(3)):]...)
		}
		if seed%4 == 0 {
			after = bytes.TrimSuffix(after, []byte("\n"))
		}
		if bytes.Equal(before, after) || len(before) == 0 || len(after) == 0 { // patch removes an empty file
			continue
		}
		path := filepath.Join(dir, "f")
		if err := os.WriteFile(path, before, 0o600); err != nil {
			t.Fatal(err)
		}
		applyPatch(t, dir, unified("f", before, after))
		got, err := os.ReadFile(path)
		if !bytes.Equal(got, after) || err != nil {
			t.Fatalf("seed %d: %v\n%q\n%q", seed, err, got, after)
		}
	}
	if got := unified("f", []byte("1\n"), []byte("1\n")); len(got) != 0 {
		t.Errorf("no change is %q", got)
	}
}
