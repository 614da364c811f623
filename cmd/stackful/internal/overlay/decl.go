package overlay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
)

// declNodes returns the declarations of d that have names of their own.
func declNodes(d ast.Decl) (all []ast.Node) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return []ast.Node{d}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			all = append(all, s)
		}
	}
	return all
}

// declName returns how a declaration is named here: "f", "(*T).m", "T.m" or "type T".
func declName(n ast.Node) string {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Recv != nil && len(n.Recv.List) == 1 {
			recv := types.ExprString(n.Recv.List[0].Type)
			if recv[0] == '*' {
				recv = "(" + recv + ")"
			}
			return recv + "." + n.Name.Name
		}
		return n.Name.Name
	case *ast.TypeSpec:
		return "type " + n.Name.Name
	case *ast.ValueSpec:
		return "var " + n.Names[0].Name
	}
	return ""
}

// sumOf returns a number that stands for the form of n, in the file text: for its
// tokens, so neither comments nor layout count.
func sumOf(fset *token.FileSet, text []byte, n ast.Node) string {
	from, to := fset.Position(n.Pos()).Offset, fset.Position(n.End()).Offset
	if fn, ok := n.(*ast.FuncDecl); ok {
		from = fset.Position(fn.Type.Func).Offset // without the doc comment
	}
	piece := text[from:to]
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(piece)), piece, nil, 0)
	h := sha256.New()
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			return hex.EncodeToString(h.Sum(nil)[:5])
		}
		if tok == token.SEMICOLON {
			continue // written or not
		}
		fmt.Fprintf(h, "%s %s\n", tok, lit)
	}
}
