package readme

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestIndex: the package comments begin with an index by theme, which has every exported function, type and
// error, once, but for constructors (New and the type's name), and in alphabetical order within an entry.
func TestIndex(t *testing.T) {
	for dir, pkg := range map[string]string{root: "stackful", root + "/coro": "coro", root + "/poller": "poller"} {
		comment := packageComment(t, dir)
		index, _, found := strings.Cut(comment, "\n\t")
		if !found || strings.Contains(index, "\n# ") {
			t.Errorf("%s: the index is not before the example and the first heading", pkg)
		}
		listed := make(map[string]int)
		entries := strings.Split(index, "\n  - ")[1:]
		for _, entry := range entries {
			entry, _, _ = strings.Cut(entry, "\n\n") // the next theme
			for _, part := range strings.Split(entry, ";") {
				var names []string
				for _, m := range regexp.MustCompile(`\[(\w+)\]`).FindAllStringSubmatch(part, -1) {
					names = append(names, m[1])
					listed[m[1]]++
				}
				if !slices.IsSortedFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
					t.Errorf("%s: %v is not sorted", pkg, names)
				}
			}
		}
		exported := exportedDecls(t, strings.TrimPrefix(strings.TrimPrefix(dir, root), "/"))
		for name := range errorsOf(t, dir) {
			exported[name] = true
		}
		for name := range exported {
			of, constructor := strings.CutPrefix(name, "New")
			switch {
			case constructor && exported[of]:
			case listed[name] != 1:
				t.Errorf("%s: the index has %s %d times", pkg, name, listed[name])
			}
		}
		for name := range listed {
			if !exported[name] {
				t.Errorf("%s: the index has %s, which is not there", pkg, name)
			}
		}
	}
}

// packageComment returns the comment of a package, from its doc.go.
func packageComment(t *testing.T, dir string) string {
	t.Helper()
	for _, file := range parseAll(t, dir+"/doc.go") {
		return file.Doc.Text()
	}
	t.Fatalf("%s has no doc.go", dir)
	return ""
}

// errorsOf returns the exported variables of a package whose names begin with Err.
func errorsOf(t *testing.T, dir string) map[string]bool {
	names := make(map[string]bool)
	for path, file := range parseAll(t, dir+"/*.go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, n := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(n.Name, "Err") {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}
