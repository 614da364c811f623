//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A mutant is a change that breaks the module, and the test that must notice.
type mutant struct {
	list, name string
	test       []string
	changes    []change
}

// A change replaces a text in a file.
type change struct{ file, old, new string }

func parse(list, text string) (all []mutant, err error) {
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		m.list = list
		all = append(all, m)
	}
	return all, nil
}

var unescape = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`, `\p`, "|").Replace

func parseLine(line string) (mutant, error) {
	f := strings.Split(line, "|")
	if len(f) == 4 || len(f) > 5 && len(f)%3 == 1 {
		f = append(f, "") // an empty text at the end
	}
	if len(f) < 5 || len(f)%3 != 2 {
		return mutant{}, fmt.Errorf("want name|test|file|old|new[|file|old|new]..., have %q", line)
	}
	m := mutant{name: f[0], test: strings.Fields(f[1])}
	if _, err := m.kind(); err != nil {
		return mutant{}, err
	}
	for f = f[2:]; len(f) > 0; f = f[3:] {
		m.changes = append(m.changes, change{f[0], unescape(f[1]), unescape(f[2])})
	}
	return m, nil
}

// mutated returns the files that m changes in the copy of the module at root, as they
// are and as m makes them.
func (m mutant) mutated(root string) (before, after map[string]string, err error) {
	before, after = map[string]string{}, map[string]string{}
	for _, c := range m.changes {
		if _, known := before[c.file]; !known {
			text, err := os.ReadFile(filepath.Join(root, c.file))
			if err != nil {
				return nil, nil, err
			}
			before[c.file], after[c.file] = string(text), string(text)
		}
		text := strings.ReplaceAll(after[c.file], c.old, c.new)
		if c.old == "" || text == after[c.file] {
			return nil, nil, fmt.Errorf("%s does not contain %q", c.file, c.old)
		}
		after[c.file] = text
	}
	return before, after, nil
}

// check says why m could not be tried.
func (m mutant) check(root string) error {
	if _, _, err := m.mutated(root); err != nil {
		return err
	}
	k, err := m.kind()
	if err != nil || k.tests == "" {
		return err
	}
	files, err := filepath.Glob(filepath.Join(root, k.pkg, "*_test.go"))
	if err != nil {
		return err
	}
	want, err := regexp.Compile("^(" + k.tests + ")$")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, test := range testNames.FindAllSubmatch(text, -1) {
			if want.Match(test[1]) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s has no test %s", k.pkg, k.tests)
}

var testNames = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// A kind is how a mutant's test is built and run.
type kind struct {
	pkg, tests string   // tests is empty for a program
	build      []string // for go test -c, or go build
	env        []string
	run        []string // comes before the test program
	args       []string // come after it
	patched    bool     // by the stackful command
}

func (m mutant) kind() (k kind, err error) {
	bad := fmt.Errorf("no such kind of test: %q", m.test)
	if len(m.test) < 2 {
		return k, bad
	}
	name, args := m.test[0], m.test[1:]
	if name == "stress" {
		args = append([]string{"-d", "15s"}, args...)
		return kind{pkg: "./tests/stress", env: []string{"GODEBUG=clobberfree=1"}, args: args}, nil
	}
	if name == "patched-stress" {
		args = append([]string{"-d", "15s", "-goroutines", "0", "-coro=false", "-poller=false", "-once=false"}, args...)
		return kind{pkg: "./tests/stress", patched: true, env: []string{"GODEBUG=clobberfree=1"}, args: args}, nil
	}
	k = kind{pkg: ".", args: []string{"-test.timeout=2m", "-test.failfast"}}
	switch name {
	case "root":
	case "short":
		k.args = append(k.args, "-test.short")
	case "race":
		k.build = []string{"-race"}
		k.args = append(k.args, "-test.short", "-test.timeout=4m")
	case "env":
		k.env, args = args[:1], args[1:]
	case "portable":
		k.build = []string{"-tags", "stackful_portable"}
	case "in":
		k.pkg, args = args[0], args[1:]
	case "patched":
		k.patched = true
		k.args = append(k.args, "-test.short")
		k.pkg, args = args[0], args[1:]
	case "in-portable":
		k.build = []string{"-tags", "stackful_portable"}
		k.pkg, args = args[0], args[1:]
	case "in-race":
		k.build = []string{"-race"}
		k.pkg, args = args[0], args[1:]
	case "arm64":
		k.env = []string{"GOARCH=arm64", "CGO_ENABLED=0"}
		k.run = []string{"qemu-aarch64-static"}
	default:
		return k, bad
	}
	if len(args) != 1 {
		return k, bad
	}
	k.tests = args[0]
	k.args = append(k.args, "-test.run=^("+k.tests+")$")
	return k, nil
}
