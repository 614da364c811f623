// Package apply runs the analyzer of package fix over packages, and writes what it has found:
// the changes to the files or as a diff, and a report of what was changed and of what was not.
package apply

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/packages"

	"github.com/stackful-go/stackful/cmd/stackful-fix/internal/fix"
)

// Options are what to do, and where to say what was done.
type Options struct {
	Dir    string    // the folder that the patterns are for, and file names relative to
	Diff   bool      // write a diff to Out in place of changing files
	Out    io.Writer // the diff
	Report io.Writer
}

// ErrLeft is the result of Run if something is left to be done by hand.
var ErrLeft = errors.New("something is left to be done by hand")

// A finding is a diagnostic at its place.
type finding struct {
	pos token.Position
	analysis.Diagnostic
}

// An edit replaces the bytes from start to end of a file.
type edit struct {
	start, end int
	text       string
}

// Run rewrites the packages that the patterns match, their tests included.
func (o Options) Run(patterns ...string) error {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: o.Dir, Tests: true}, patterns...)
	if err != nil {
		return err
	}
	if n := o.reportErrors(pkgs); n > 0 {
		return fmt.Errorf("%d errors in the packages: nothing was changed", n)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{fix.Analyzer}, pkgs, nil)
	if err != nil {
		return err
	}
	findings, edits, err := collect(graph)
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(edits)) {
		if err := o.change(path, edits[path]); err != nil {
			return err
		}
	}
	return o.report(findings, len(edits), importsPoller(pkgs))
}

// reportErrors says what is wrong with the packages, and returns how much that is.
func (o Options) reportErrors(pkgs []*packages.Package) (n int) {
	packages.Visit(pkgs, nil, func(p *packages.Package) {
		for _, err := range p.Errors {
			fmt.Fprintln(o.Report, err)
			n++
		}
	})
	return n
}

// collect returns what was found, each once and in order, and the edits of each file. A file
// may be in several packages: in that under test, and in its variant with tests.
func collect(graph *checker.Graph) (findings []finding, edits map[string][]edit, err error) {
	edits = make(map[string][]edit)
	for _, act := range graph.Roots {
		if act.Err != nil {
			return nil, nil, act.Err
		}
		fset := act.Package.Fset
		for _, d := range act.Diagnostics {
			findings = append(findings, finding{fset.Position(d.Pos), d})
			for _, f := range d.SuggestedFixes {
				for _, e := range f.TextEdits {
					start, end := fset.Position(e.Pos), fset.Position(e.End)
					edits[start.Filename] = append(edits[start.Filename], edit{start.Offset, end.Offset, string(e.NewText)})
				}
			}
		}
	}
	slices.SortFunc(findings, func(a, b finding) int {
		return cmp.Or(strings.Compare(a.pos.Filename, b.pos.Filename), cmp.Compare(a.pos.Offset, b.pos.Offset), strings.Compare(a.Message, b.Message))
	})
	findings = slices.CompactFunc(findings, func(a, b finding) bool { return a.pos == b.pos && a.Message == b.Message })
	for path, all := range edits {
		slices.SortFunc(all, func(a, b edit) int {
			return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), strings.Compare(a.text, b.text))
		})
		edits[path] = slices.Compact(all)
	}
	return findings, edits, nil
}

// change writes a file with its edits, or what they change.
func (o Options) change(path string, edits []edit) error {
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after, err := rewrite(before, edits)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if o.Diff {
		_, err := o.Out.Write(unified(o.relative(path), before, after))
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, after, info.Mode().Perm())
}

// rewrite makes the edits, and deletes the imports that no use is left of.
func rewrite(src []byte, edits []edit) ([]byte, error) {
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(src[at:e.start])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(src[at:])
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", out.Bytes(), parser.ParseComments)
	if err != nil {
		return nil, err
	}
	for _, path := range []string{"time", "net"} {
		if name, ok := importName(file, path); ok && !astutil.UsesImport(file, path) {
			astutil.DeleteNamedImport(fset, file, name, path)
		}
	}
	out.Reset()
	err = format.Node(&out, fset, file)
	return out.Bytes(), err
}

// importName returns the name that the file gives an import, "" if it gives none.
func importName(file *ast.File, path string) (name string, ok bool) {
	for _, spec := range file.Imports {
		if spec.Path.Value == `"`+path+`"` {
			if spec.Name != nil {
				name = spec.Name.Name
			}
			return name, true
		}
	}
	return "", false
}

// relative returns the file's name from the folder, for people and for patch.
func (o Options) relative(path string) string {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return path
}

// importsPoller reports whether package poller is among what the packages import.
func importsPoller(pkgs []*packages.Package) (found bool) {
	packages.Visit(pkgs, func(p *packages.Package) bool {
		found = found || p.PkgPath == fix.PollerPath
		return !found
	}, nil)
	return found
}

// report says what was changed and what was not. Assertions matter if something was changed.
func (o Options) report(findings []finding, files int, imported bool) error {
	count := make(map[string]int)
	for _, f := range findings {
		count[f.Category]++
	}
	verb := "changed"
	if o.Diff {
		verb = "to change"
	}
	for _, f := range findings {
		kind := map[string]string{fix.Rewritten: verb, fix.Left: "by hand", fix.Assertion: "BREAKS"}[f.Category]
		if f.Category == fix.Assertion && count[fix.Rewritten] == 0 {
			continue
		}
		fmt.Fprintf(o.Report, "%s:%d:%d: %s: %s\n", o.relative(f.pos.Filename), f.pos.Line, f.pos.Column, kind, f.Message)
	}
	if count[fix.Rewritten] == 0 {
		count[fix.Assertion] = 0
	}
	fmt.Fprintf(o.Report, "%d uses %s in %d files, %d to be changed by hand, %d type assertions that will fail\n",
		count[fix.Rewritten], verb, files, count[fix.Left], count[fix.Assertion])
	if files > 0 && !imported {
		fmt.Fprintf(o.Report, "then: go get %s\n", fix.Module)
	}
	if count[fix.Left]+count[fix.Assertion] > 0 {
		return ErrLeft
	}
	return nil
}
