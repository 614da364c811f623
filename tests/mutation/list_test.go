//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	all, err := parse("l", "# comment\n\nn|root TestA|f.go|a\\n\\tb \\\\ \\p\\p c|\nn2|in ./p TestB.*|f.go|x|y|g.go|z\n")
	if err != nil || len(all) != 2 {
		t.Fatalf("got %d mutants, %v", len(all), err)
	}
	if c := all[0].changes; len(c) != 1 || c[0] != (change{"f.go", "a\n\tb \\ || c", ""}) {
		t.Errorf("got %q", c)
	}
	if c := all[1].changes; len(c) != 2 || c[1] != (change{"g.go", "z", ""}) {
		t.Errorf("got %q", c)
	}
	for _, line := range []string{"n", "n|root TestA|f", "n|root TestA|f|a|b|g", "n|rot TestA|f|a|b", "n|in TestA|f|a|b", "n|root|f|a|b"} {
		if _, err := parse("l", line); err == nil || !strings.Contains(err.Error(), "line 1: ") {
			t.Errorf("%q: got %v", line, err)
		}
	}
}

func TestCheck(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{"f.go": "one two one", "f_test.go": "func TestA(t *testing.T) {}\n"} {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ line, want string }{
		{"n|root TestA|f.go|one|1", ""},
		{"n|root TestA|f.go|one|1|f.go|1 two|2", ""},
		{"n|root TestA|f.go|three|", `f.go does not contain "three"`},
		{"n|root TestA|f.go|one|1|f.go|one|2", `f.go does not contain "one"`},
		{"n|root TestA|g.go|one|1", "no such file"},
		{"n|root TestA|f.go|one|one", `f.go does not contain "one"`},
		{"n|root Test|f.go|one|1", ". has no test Test"},
		{"n|in ./p TestA|f.go|one|1", "./p has no test TestA"},
	} {
		m, err := parseLine(c.line)
		if err != nil {
			t.Fatal(err)
		}
		err = m.check(root)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %s", c.line, err, c.want)
		}
	}
	m, _ := parseLine("n|root TestA|f.go|one|1")
	if _, after, err := m.mutated(root); err != nil || after["f.go"] != "1 two 1" {
		t.Errorf("got %q, %v", after, err)
	}
}
