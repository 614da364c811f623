// Package readme holds README.md, the documents and the examples to what they say.
package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadme_examples compiles the README's programs, and runs those whose output follows, which it
// compares.
func TestReadme_examples(t *testing.T) {
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```\n(?:\nprints\n\n```\n(.*?)```)?").FindAllSubmatch(text, -1)
	ran := 0
	for _, m := range blocks {
		dir, err := os.MkdirTemp(".", "example") // inside the module, so that it is found
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := os.WriteFile(filepath.Join(dir, "main.go"), m[1], 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"vet", "./" + dir}
		if m[2] != nil {
			args = []string{"run", "./" + dir}
			ran++
		}
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "GOARCH=") // the machine's own, also where the test is emulated
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, m[1], out)
		}
		if got, want := strings.TrimSpace(string(out)), strings.TrimSpace(string(m[2])); m[2] != nil && got != want {
			t.Errorf("the example prints\n%s\nand README.md says\n%s", got, want)
		}
	}
	if len(blocks) < 2 || ran < 1 {
		t.Errorf("README.md has %d programs, %d of them with their output", len(blocks), ran)
	}
}

// TestReadme_commands: the two commands for a clone are there, and are right.
func TestReadme_commands(t *testing.T) {
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```\ngo run ./cmd/stackful echo\ngo test ./...\n```") {
		t.Error("README.md does not have its two commands")
	}
	run := exec.Command("go", "run", "./cmd/stackful", "echo", "-d", "300ms", "-clients", "50")
	run.Dir = root
	run.Env = append(os.Environ(), "GOARCH=")
	if out, err := run.CombinedOutput(); err != nil || !strings.Contains(string(out), ": 0 failures") {
		t.Errorf("%v\n%s", err, out)
	}
}
