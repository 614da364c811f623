package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers are the packages below internal, from the lowest to the highest, and the others that
// each may import: shared packages are below those of the subcommands, and of the latter none
// imports another, but for doctor, which runs the self-test, whose server is echo's.
var layers = []struct{ name, imports string }{
	{"term", ""},
	{"child", ""},
	{"measure", ""},
	{"machine", ""},
	{"garbage", ""},
	{"overlay", ""},
	{"cli", "term"},
	{"clitest", "term cli"},

	{"simtest", "term cli"},

	{"demo", "term cli"},
	{"patch", "term cli overlay simtest"},
	{"bench", "term child measure machine garbage cli"},
	{"echo", "term child measure machine garbage cli"},
	{"selftest", "term cli echo"},
	{"doctor", "term machine cli selftest"},
}

// Every package is listed, imports none but its own, which are below it, and has a package
// comment.
func TestLayers(t *testing.T) {
	const below = "github.com/stackful-go/stackful/cmd/stackful/internal/"
	seen := map[string]bool{}
	for _, f := range layers {
		may := strings.Fields(f.imports)
		for _, name := range may {
			if !seen[name] {
				t.Errorf("%s may import %s, which is not below it", f.name, name)
			}
		}
		seen[f.name] = true
		documented := false
		for path, file := range parseDir(t, filepath.Join("internal", f.name)) {
			documented = documented || file.doc
			for _, name := range file.imports {
				name, internal := strings.CutPrefix(name, below)
				forTest := name == "clitest" && strings.HasSuffix(path, "_test.go")
				if internal && !forTest && !slices.Contains(may, name) {
					t.Errorf("%s imports %s", path, name)
				}
			}
		}
		if !documented {
			t.Errorf("package %s has no package comment", f.name)
		}
	}
	dirs, err := filepath.Glob("internal/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if !seen[filepath.Base(dir)] {
			t.Errorf("%s is not listed", dir)
		}
	}
}

// A source is the head of a file.
type source struct {
	imports []string
	doc     bool // it has a package comment
}

// parseDir returns the Go files of a folder, and of those below it, whatever they are
// built for.
func parseDir(t *testing.T, dir string) map[string]source {
	t.Helper()
	files := map[string]source{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		s := source{doc: parsed.Doc != nil}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, name)
		}
		files[path] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Errorf("%s has no Go files", dir)
	}
	return files
}
