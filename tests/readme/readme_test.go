// Package readme holds README.md to what it says.
package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadme_example compiles and runs the README's example and compares its
// output with the block that follows.
func TestReadme_example(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```go\n(.*?)```\n\nprints\n\n```\n(.*?)```").FindSubmatch(text)
	if m == nil {
		t.Fatal("README.md has no example followed by its output")
	}
	dir, err := os.MkdirTemp(".", "example") // inside the module, so that it is found
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), m[1], 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("go", "run", "./"+dir)
	run.Env = append(os.Environ(), "GOARCH=") // the machine's own, also where the test is emulated
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, want := strings.TrimSpace(string(out)), strings.TrimSpace(string(m[2])); got != want {
		t.Errorf("the example prints\n%s\nand README.md says\n%s", got, want)
	}
}
