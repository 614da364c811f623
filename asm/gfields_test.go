package asm

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// docs/soundness.md has a table of all fields of type g. A field that is new in this
// toolchain is state of a goroutine of which nobody has said what a switch does with it.
func TestGFields(t *testing.T) {
	release := strings.TrimPrefix(releaseLine(runtime.Version()), "go")
	if !KnownGo || release == "" {
		return // TestKnownGo has found that right
	}
	text, err := os.ReadFile("../docs/soundness.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## The fields of g\n")
	table, _, _ = strings.Cut(table, "\n## ")
	described := map[string]int{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || cells[2] != " all " && !strings.Contains(cells[2], " "+release+" ") {
			continue
		}
		for _, name := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[1], -1) {
			described[name[1]]++
		}
	}
	for _, name := range structFields(t, "g") {
		if described[name] != 1 {
			t.Errorf("field %s of g is in %d rows of the table in docs/soundness.md for %s", name, described[name], release)
		}
		delete(described, name)
	}
	for name := range described {
		t.Errorf("%s has no field %s of g; the table in docs/soundness.md says so", release, name)
	}
}

// structFields returns the names of the fields of a struct of runtime2.go.
func structFields(t *testing.T, name string) (fields []string) {
	t.Helper()
	root := goroot(t)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "src", "runtime", "runtime2.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			for _, id := range f.Names {
				fields = append(fields, id.Name)
			}
		}
		return false
	})
	if len(fields) == 0 {
		t.Fatalf("no struct %s", name)
	}
	return fields
}
