package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A guard says that in a package's files for Linux the names uses are used in known
// declarations only, those with an edit or in also: a new use would go round what
// the edits do.
type guard struct {
	uses []string
	also []string
}

// check tries the guards on all of the package, whatever files have edits.
func (p *pkg) check(src string) error {
	if len(p.guards) == 0 {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(src, filepath.FromSlash(p.dir), "*.go"))
	if err != nil {
		return err
	}
	var bad []error
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !p.guardsConcern(text) {
			continue // most files: parsing them all takes long
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		if !forLinux(name, tree) {
			continue
		}
		base := filepath.Base(name)
		for _, d := range tree.Decls {
			for _, n := range declNodes(d) {
				for _, g := range p.guards {
					if used := g.usedBy(n); used != "" && !p.knows(base, declName(n), g) {
						bad = append(bad, fmt.Errorf("%s/%s: %s uses %s, which is new", p.dir, base, declName(n), used))
					}
				}
			}
		}
	}
	return errors.Join(bad...)
}

// guardsConcern reports whether a name that is guarded occurs in text.
func (p *pkg) guardsConcern(text []byte) bool {
	return slices.ContainsFunc(p.guards, func(g guard) bool {
		return slices.ContainsFunc(g.uses, func(name string) bool { return bytes.Contains(text, []byte(name)) })
	})
}

// usedBy returns the first of g.uses that the code of n uses, "" if there is none: that is the body
// of a function, and the value of a variable.
func (g *guard) usedBy(n ast.Node) (used string) {
	var code []ast.Node
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Body != nil {
			code = append(code, n.Body)
		}
	case *ast.ValueSpec:
		for _, v := range n.Values {
			code = append(code, v)
		}
	}
	for _, n := range code {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && used == "" && slices.Contains(g.uses, id.Name) {
				used = id.Name
			}
			return used == ""
		})
	}
	return used
}

// knows reports whether a declaration may use what g guards.
func (p *pkg) knows(file, decl string, g guard) bool {
	if slices.Contains(g.also, decl) {
		return true
	}
	for _, f := range p.files {
		for _, e := range f.edits {
			if f.name == file && e.decl == decl {
				return true
			}
		}
	}
	return false
}

// forLinux reports whether the file is part of its package on Linux, on whatever
// processor.
func forLinux(name string, tree *ast.File) bool {
	base := strings.TrimSuffix(filepath.Base(name), ".go")
	parts := strings.Split(base, "_")
	for _, part := range parts[1:] {
		if slices.Contains(otherSystems, part) {
			return false
		}
	}
	for _, group := range tree.Comments {
		if group.Pos() > tree.Package {
			break
		}
		for _, c := range group.List {
			if !constraint.IsGoBuild(c.Text) {
				continue
			}
			x, err := constraint.Parse(c.Text)
			if err != nil {
				return true
			}
			// What is not known to be false may be true.
			return x.Eval(func(tag string) bool { return !slices.Contains(otherSystems, tag) }) || maybe(x)
		}
	}
	return true
}

// maybe reports whether x is true with all tags but those of Linux unset.
func maybe(x constraint.Expr) bool {
	return x.Eval(func(tag string) bool { return tag == "linux" || tag == "unix" || tag == "gc" })
}

// otherSystems are the names of other systems, in names of files and in build constraints.
var otherSystems = []string{"aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "netbsd",
	"openbsd", "plan9", "solaris", "wasip1", "wasm", "windows", "zos"}
