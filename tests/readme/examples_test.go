package readme

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples_index: each program of examples is in its index.
func TestExamples_index(t *testing.T) {
	index, err := os.ReadFile(root + "/examples/README.md")
	if err != nil {
		t.Fatal(err)
	}
	programs, err := filepath.Glob(root + "/examples/*/main.go")
	if err != nil || len(programs) < 10 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	for _, path := range programs {
		name := filepath.Base(filepath.Dir(path))
		if !strings.Contains(string(index), "]("+name+"/main.go)") {
			t.Errorf("examples/README.md does not name %s", name)
		}
	}
}
