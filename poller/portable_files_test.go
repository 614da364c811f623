package poller

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// A type and its methods are the same on every system: what a system lacks is told by
// an error. So what is exported, and its comment, stands in a file for all systems.
func TestFiles_exportForAllSystems(t *testing.T) {
	files, err := os.ReadDir(".")
	needNil(t, err)
	seen := 0
	for _, f := range files {
		name := f.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		seen++
		source, err := os.ReadFile(name)
		needNil(t, err)
		if !strings.HasSuffix(name, "_linux.go") && !strings.HasPrefix(string(source), "//go:build ") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		needNil(t, err)
		for _, d := range parsed.Decls {
			for _, id := range declared(d) {
				if ast.IsExported(id) {
					t.Errorf("%s, which is not for all systems, declares %s", name, id)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("there are no files")
	}
}

// declared returns the package-level names of d; of a method, its own.
func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || isExportedType(d.Recv.List[0].Type) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}

func isExportedType(x ast.Expr) bool {
	if p, ok := x.(*ast.StarExpr); ok {
		x = p.X
	}
	id, ok := x.(*ast.Ident)
	return ok && ast.IsExported(id.Name)
}
