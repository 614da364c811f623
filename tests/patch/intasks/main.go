// Command intasks changes a copy of the Go tree so that the standard library's own tests run in tasks:
// each test function's body is called in a task of a Run of its own.
//
//	intasks -goroot DIR package...
//
// It must be run in this module. Package testing gets a hook, and each of the packages a test file that
// sets it. That imports package poller, which becomes part of the standard library for this.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

func main() {
	goroot := flag.String("goroot", "", "the `folder` of the copy")
	flag.Parse()
	t := tree(filepath.Join(*goroot, "src"))
	t.addPoller()
	t.hook()
	for _, pkg := range flag.Args() {
		t.write(pkg+"/zstackful_test.go", fmt.Sprintf(testFile, path.Base(pkg)))
	}
}

const testFile = `package %s_test

import (
	"errors"
	"testing"

	"zstackful/poller"
	"zstackful/poller/patch"
)

func init() {
	if err := patch.Require(); err != nil {
		panic(err)
	}
	testing.StackfulRun = func(f func()) {
		err := poller.Run(f)
		if errors.Is(err, errors.ErrUnsupported) {
			f() // in a synctest bubble
		} else if err != nil {
			panic(err)
		}
	}
}
`

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "intasks:", err)
		os.Exit(1)
	}
}

func output(name string, args ...string) string {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	check(err)
	return strings.TrimSpace(string(out))
}

// A tree is the folder src of the copy.
type tree string

func (t tree) write(name, text string) {
	name = filepath.Join(string(t), filepath.FromSlash(name))
	check(os.MkdirAll(filepath.Dir(name), 0o777))
	check(os.WriteFile(name, []byte(text), 0o666))
}

func (t tree) read(name string) string {
	text, err := os.ReadFile(filepath.Join(string(t), filepath.FromSlash(name)))
	check(err)
	return string(text)
}

// hook has package testing call StackfulRun with the bodies of tests and subtests. (Not in tRunner, which the patch knows.)
func (t tree) hook() {
	const name, run = "testing/testing.go", "\nfunc (t *T) Run(name string, f func(t *T)) bool {\n"
	text := t.read(name)
	if strings.Count(text, run) != 1 {
		check(fmt.Errorf("%s has another form", name))
	}
	t.write(name, strings.Replace(text, run, run+"\tbody := f\n\tf = func(t *T) { StackfulRun(func() { body(t) }) }\n", 1))
	t.write("testing/zstackful_intasks.go", "package testing\n\nvar StackfulRun = func(f func()) { f() }\n")
}

// addPoller adds package poller, and what it imports, to the standard library, whose packages may import
// nothing else: under the names in renamed.
func (t tree) addPoller() {
	const format = "{{if not .Standard}}{{.ImportPath}}\t{{.Dir}}\t{{join .GoFiles \" \"}} {{join .SFiles \" \"}} {{join .HFiles \" \"}} " +
		"{{join .IgnoredGoFiles \" \"}} {{join .IgnoredOtherFiles \" \"}}{{end}}" // which other builds take, such as those with -race
	for line := range strings.Lines(output("go", "list", "-deps", "-f", format, "./poller", "./poller/patch")) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		for _, name := range strings.Fields(f[2]) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(f[1], name))
			check(err)
			t.write(renamed.Replace(f[0])+"/"+name, renamed.Replace(string(text)))
		}
	}
}

var renamed = strings.NewReplacer("github.com/stackful-go/stackful", "zstackful", "github.com/klauspost/cpuid/v2", "zcpuid", "golang.org/x/sys/unix", "zsys/unix")
