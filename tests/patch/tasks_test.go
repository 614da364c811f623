//go:build linux && !poller_std

package patch

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// build has a go command make a program, and returns its name.
func build(t *testing.T, args ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "exe")
	at := 2 // behind the subcommand
	if out, err := exec.Command(args[0], append(append(args[1:at:at], "-o", exe), args[at:]...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return exe
}

// ending runs a program, and returns its output, the first line of standard error, and the exit code
// or signal.
func ending(t *testing.T, exe, arg string) (all, short string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, arg)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
	cmd.Run()
	first, _, _ := strings.Cut(errs.String(), "\n")
	return errs.String(), out.String() + first + "\n" + cmd.ProcessState.String()
}

// A program that runs as tasks ends as it does on goroutines: by return, by exits, panics, signals and
// deadlocks.
func TestTasks_ends(t *testing.T) {
	tool := tool(t)
	source, err := os.ReadFile("ends/main.go")
	if err != nil {
		t.Fatal(err)
	}
	ordinary, tasks := build(t, "go", "build", "./ends"), build(t, tool, "build", "-tasks", "./ends")
	names := regexp.MustCompile(`(?m)^\t"(.*?)":`).FindAllStringSubmatch(string(source), -1)
	if len(names) < 15 {
		t.Fatalf("found only %v", names)
	}
	for _, name := range names {
		t.Run(name[1], func(t *testing.T) {
			t.Parallel()
			_, want := ending(t, ordinary, name[1])
			all, got := ending(t, tasks, name[1])
			if strings.HasPrefix(name[1], "quit") {
				got = checkQuit(t, name[1], all, got)
			}
			if got != want {
				t.Errorf("got %s\n%s\nwant %s", got, all, want)
			}
			switch {
			case strings.HasPrefix(name[1], "deadlock") && (!strings.Contains(all, "\nmain, main.go:") || !strings.Contains(all, "main.main()")):
				t.Errorf("no list of tasks, or no stacks:\n%s", all)
			case strings.HasPrefix(name[1], "panic") && (!strings.Contains(all, "main.panics(") && !strings.Contains(all, "main.init.")):
				t.Errorf("no stack:\n%s", all)
			}
		})
	}
}

// checkQuit checks that a program which SIGQUIT has ended lists its tasks, and then ends as any does. It
// returns what ending would have without the list.
func checkQuit(t *testing.T, name, all, got string) string {
	t.Helper()
	const begin, end = "\npoller: SIGQUIT: ", "\nSIGQUIT: quit\n"
	list, _, ok := strings.Cut(all, end)
	if !ok || !strings.HasPrefix(all, begin) || strings.Contains(list, "/poller/internal/") || strings.Contains(list, "stackful.") {
		t.Errorf("no list of tasks, or with the engine's calls:\n%s", all)
	}
	want := []string{", goroutine 1: 2 tasks\nmain, main.go:", "waiting for chan receive, for ", "    main.receives\n    \t"}
	switch name {
	case "quit, computing":
		want[0] = ", goroutine 1: 3 tasks\nmain, main.go:"
		want = append(want, "created by main.init.")
	case "quit, in a system call":
		want = []string{", goroutine 1: it has not answered for 1", "\npoller: main, main has not switched for 1", "\na system call: make it in poller.Await\n", "\nmain.reads\n"}
	}
	for _, w := range want {
		if !strings.Contains(list, w) {
			t.Errorf("no %q in the list:\n%s", w, all)
		}
	}
	const ended = "\nexit status 2"
	return strings.TrimSuffix(got, ended) + end[1:len(end)-1] + ended // the first line was empty
}

// A whole program with a server, its clients, a ticker and a pool of workers runs on goroutine 1.
func TestTasks_web(t *testing.T) {
	tool := tool(t)
	for _, flags := range [][]string{nil, {"-race"}} {
		cmd := exec.Command(tool, append(append([]string{"run", "-tasks"}, flags...), "./web")...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil || string(out) != "2000 requests, ticks true, goroutines 1\n" {
			t.Errorf("%v\n%s%s", err, out, &errs)
		}
		t.Logf("%v: %s", flags, &errs)
	}
}

// Modules that know nothing of this one can be run so, with what they are by default; packages of one, and
// files; their tests, too.
func TestTasks_otherModule(t *testing.T) {
	tool := tool(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/other\n\ngo 1.21\n",
		"cmd/prog/main.go": `package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

func main() {
	c := make(chan bool)
	for range 3 {
		go func() { c <- id() == "1" }()
	}
	fmt.Println(<-c, <-c, <-c, os.Args[1:])
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "DefaultGODEBUG" {
			fmt.Println(strings.Contains(s.Value, "httpmuxgo121=1"))
		}
	}
}

func id() string {
	var b [64]byte
	return strings.Fields(string(b[:runtime.Stack(b[:], false)]))[1]
}
`,
		"cmd/prog/main_test.go": `package main

import "testing"

func Test(t *testing.T) {
	for range 3 {
		t.Run("x", func(t *testing.T) {
			t.Parallel()
			if id() != "1" {
				t.Fatal(id())
			}
			t.Skip()
		})
	}
}

func TestFails(t *testing.T) {
	t.Fatal("as it should")
}
`,
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(text, "range 3", "_, _ = range [3]int{}")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args string) (string, error) {
		cmd := exec.Command(tool, strings.Fields(args)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const want = "true true true [-x]\ntrue\n"
	for _, args := range []string{"run -tasks ./cmd/prog -x", "run -C cmd -tasks ./prog -x", "run -tasks cmd/prog/main.go -x"} {
		if out, err := run(args); err != nil || out != want {
			t.Errorf("%s: %v\n%s", args, err, out)
		}
	}
	if out, err := run("test -tasks -v ./... -run Test"); err == nil || !strings.Contains(out, "--- PASS: Test ") || !strings.Contains(out, "as it should") {
		t.Errorf("test: %v\n%s", err, out)
	}
	if out, err := run("build -tasks -o " + dir + "/out/ ./..."); err != nil {
		t.Errorf("build: %v\n%s", err, out)
	}
	if out, err := exec.Command(dir+"/out/prog", "-x").CombinedOutput(); err != nil || string(out) != want {
		t.Errorf("built: %v\n%s", err, out)
	}
	if left, err := filepath.Glob(dir + "/*.work*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
