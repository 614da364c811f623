package asm

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// The tables of all releases and systems have the pairs, not only the one that this build is compiled with.
func TestPairs(t *testing.T) {
	tables, err := filepath.Glob("layout_go*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range tables {
		table := constants(t, name)
		for _, pair := range pairs {
			first, ok := table[pair[0]]
			second, same := table[pair[1]]
			if ok != same {
				t.Errorf("%s has one of %v", name, pair)
			}
			if !ok {
				continue // it has what is particular to a system
			}
			seen++
			if second != first+8 {
				t.Errorf("%s: %s is %d and %s %d: the assembly moves them as one", name, pair[0], first, pair[1], second)
			}
		}
	}
	if len(tables) == 0 || seen%len(pairs) != 0 || seen/len(pairs) < 3 {
		t.Errorf("%d files have %d pairs", len(tables), seen)
	}
}

// constants returns the integer constants of a generated file.
func constants(t *testing.T, name string) map[string]int64 {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]int64)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for i, value := range spec.Values {
				if lit, ok := value.(*ast.BasicLit); ok && lit.Kind == token.INT {
					all[spec.Names[i].Name], _ = constant.Int64Val(constant.MakeFromLiteral(lit.Value, lit.Kind, 0))
				}
			}
		}
		return true
	})
	return all
}
