// Package fix rewrites calls of the standard library that stop a goroutine with all
// its tasks to those of package poller that park the task. It is for those who
// prefer to change their sources to building with a patched standard library.
package fix

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Module is the library, and PollerPath the package that calls are rewritten to.
const (
	Module     = "github.com/stackful-go/stackful"
	PollerPath = Module + "/poller"
)

// Analyzer reports what package poller has under the same name and with the same
// type. Outside of tasks that does what the standard library does, so it is right
// in code that is not only for tasks, too.
var Analyzer = &analysis.Analyzer{
	Name: "stackful",
	Doc: `replace calls that stop a goroutine by those of package poller

time.Sleep, net.Dial, net.DialTimeout, net.Listen and net.ListenPacket stop all
tasks of the goroutine that calls them. Package poller has functions of the same names
and types that park the task, and that do as the standard library does outside of
tasks. Reported without a fix: the same in generated files and by dot imports; calls of
net.Dialer, net.ListenConfig, net.DialTCP and the like, whose types differ; and type
assertions to types of package net, which fail for package poller's connections. Not
reported: net/http, and what other packages call.`,
	Run: run,
}

// The categories of diagnostics.
const (
	Rewritten = "rewritten" // has a fix
	Left      = "left"      // should be changed, and has no fix
	Assertion = "assertion" // fails for a value of package poller
)

// known is what package poller has, too.
var known = map[string][]string{
	"time": {"Sleep"},
	"net":  {"Dial", "DialTimeout", "Listen", "ListenPacket"},
}

// run is the analyzer. Packages of the library are left alone. Generated files have no fixes:
// they would be generated again as they were.
func run(pass *analysis.Pass) (any, error) {
	if p := pass.Pkg.Path(); p == Module || strings.HasPrefix(p, Module+"/") {
		return nil, nil // package poller cannot import itself
	}
	for _, f := range pass.Files {
		fixFile(pass, f, ast.IsGenerated(f))
		reportLeft(pass, f)
		reportAssertions(pass, f)
	}
	return nil, nil
}

// fixFile reports the uses in f: qualified ones with a fix, unless f is generated, and those by a
// dot import, where a fix would leave the import without a use.
func fixFile(pass *analysis.Pass, f *ast.File, generated bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				_, qualified := pass.TypesInfo.Uses[x].(*types.PkgName)
				switch {
				case qualified && generated:
					report(pass, n, n.Sel, "the file is generated", nil)
					return false
				case qualified:
					fixUse(pass, f, n, n.Sel)
					return false
				}
			}
		case *ast.Ident: // of a dot import
			report(pass, n, n, "it is from a dot import", nil)
		}
		return true
	})
}

// fixUse reports the use of id, in the expression e, if it is of a known function.
func fixUse(pass *analysis.Pass, f *ast.File, e ast.Expr, id *ast.Ident) {
	report(pass, e, id, "", func(fn *types.Func) []analysis.SuggestedFix {
		name, edits := importPoller(pass, f, e.Pos())
		return []analysis.SuggestedFix{{
			Message:   "Use poller." + fn.Name(),
			TextEdits: append(edits, analysis.TextEdit{Pos: e.Pos(), End: e.End(), NewText: []byte(name + "." + fn.Name())}),
		}}
	})
}

// report reports the use of id, if it is of a known function, with the fixes, or with the
// reason why there are none.
func report(pass *analysis.Pass, e ast.Expr, id *ast.Ident, why string, fixes func(fn *types.Func) []analysis.SuggestedFix) {
	fn, ok := pass.TypesInfo.Uses[id].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Signature().Recv() != nil || !isKnown(fn.Pkg().Path(), fn.Name()) {
		return
	}
	d := analysis.Diagnostic{
		Pos:      e.Pos(),
		End:      e.End(),
		Category: Rewritten,
		Message:  fn.Pkg().Path() + "." + fn.Name() + " stops the goroutine with all its tasks; poller." + fn.Name() + " parks the task",
	}
	if fixes != nil {
		d.SuggestedFixes = fixes(fn)
	} else {
		d.Category = Left
		d.Message += " (not changed: " + why + ")"
	}
	pass.Report(d)
}

func isKnown(path, name string) bool { return slices.Contains(known[path], name) }

// importPoller returns the name by which package poller can be used at pos, and what
// must be inserted for that. The same is inserted for each use in a file, and so
// counts once.
func importPoller(pass *analysis.Pass, f *ast.File, pos token.Pos) (name string, edits []analysis.TextEdit) {
	free := func(name string) bool {
		_, obj := pass.Pkg.Scope().Innermost(pos).LookupParent(name, pos)
		return obj == nil
	}
	for _, spec := range f.Imports {
		obj := pass.TypesInfo.PkgNameOf(spec)
		if path, _ := strconv.Unquote(spec.Path.Value); path != PollerPath || obj == nil || obj.Name() == "_" || obj.Name() == "." {
			continue
		}
		if _, found := pass.Pkg.Scope().Innermost(pos).LookupParent(obj.Name(), pos); found == obj {
			return obj.Name(), nil
		}
	}
	spec := strconv.Quote(PollerPath)
	name = "poller"
	if !freeInFile(pass, f, name) || !free(name) {
		name = "stackfulpoller"
		spec = name + " " + spec
	}
	last := f.Imports[len(f.Imports)-1] // there is one, of the package that is used
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT || g.Pos() > last.Pos() || last.End() > g.End() {
			continue
		}
		if g.Rparen.IsValid() {
			return name, []analysis.TextEdit{{Pos: g.Rparen, End: g.Rparen, NewText: []byte("\n\t" + spec + "\n")}}
		}
		return name, []analysis.TextEdit{{Pos: g.End(), End: g.End(), NewText: []byte("\nimport " + spec)}}
	}
	return name, nil
}

// freeInFile reports whether name means nothing anywhere in the file: so all uses in
// it can have the same.
func freeInFile(pass *analysis.Pass, f *ast.File, name string) bool {
	if pass.Pkg.Scope().Lookup(name) != nil {
		return false
	}
	taken := false
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name && (pass.TypesInfo.Defs[id] != nil || pass.TypesInfo.Uses[id] != nil) {
			obj := pass.TypesInfo.Defs[id]
			if obj == nil {
				obj = pass.TypesInfo.Uses[id]
			}
			// Fields and methods are in nobody's way.
			if v, ok := obj.(*types.Var); ok && v.IsField() {
				return true
			}
			if fn, ok := obj.(*types.Func); ok && fn.Signature().Recv() != nil {
				return true
			}
			taken = true
		}
		return !taken
	})
	return !taken
}
