package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs_names checks that what the two tables of replacements name, in code spans,
// is there: poller.Name, and Type.Method of package poller.
func TestDocs_names(t *testing.T) {
	names := exportedNames(t, "../../poller")
	for file, least := range map[string]int{"coming-from-gevent.md": 80, "coming-from-goroutines.md": 40} {
		text, err := os.ReadFile("../../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, span := range regexp.MustCompile("`[^`\n]+`").FindAllString(string(text), -1) {
			span = strings.Trim(span, "`")
			if name, ok := strings.CutPrefix(span, "poller."); ok {
				seen++
				if !names[name] {
					t.Errorf("%s: package poller has no %s", file, name)
				}
				continue
			}
			if typ, _, ok := strings.Cut(span, "."); ok && ast.IsExported(typ) && names[typ] && !strings.ContainsAny(span, " (=") {
				seen++
				if !names[span] {
					t.Errorf("%s: package poller has no %s", file, span)
				}
			}
		}
		if seen < least {
			t.Errorf("%s: %d names were found; there should be more", file, seen)
		}
	}
}

// exportedNames returns the names that a package exports, and Type.Method, and
// Type.Field, for what its types have.
func exportedNames(t *testing.T, dir string) map[string]bool {
	names := make(map[string]bool)
	paths, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = receiver(d.Recv.List[0].Type) + "." + name
				}
				names[name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(names, spec)
				}
			}
		}
	}
	return names
}

func addSpec(names map[string]bool, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			names[n.Name] = true
		}
	case *ast.TypeSpec:
		names[spec.Name.Name] = true
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, n := range f.Names {
					names[spec.Name.Name+"."+n.Name] = true
				}
			}
		}
	}
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
