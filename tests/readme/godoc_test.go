package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// withoutExample is what needs no example: the reason is behind it.
var withoutExample = map[string]string{
	"poller.UsageError": "a panic value", "poller.UnsupportedError": "of other systems", "poller.TimeoutError": "in that of WithTimeout",
	"poller.Priority": "in that of Task.SetPriority",
	"poller.Case":     "of Select", "poller.Stats": "of ReadStats",
	"poller.Future": "of Async", "poller.Conn": "of DialConn", "poller.Listener": "of OpenListener", "poller.PacketConn": "of ListenPacket",
	"poller.File": "of Open", "poller.FilePacketConn": "as FileListener", "poller.FileConn": "as FileListener",
	"poller.OpenFile": "as Open", "poller.CommandContext": "as Command", "poller.WaitWrite": "as WaitRead",
	"poller.SetAwaitLimit": "a setting", "poller.JoinAnyTimeout": "as JoinAny",
	"coro.Locals": "of Local", "coro.SetUnhandled": "a setting", "coro.Track": "for Dump", "coro.SetLabels": "its example writes a profile", "coro.Dump": "for people", "coro.Reap": "rarely called",
}

// TestExamples_all: each exported function and type of coro and poller is used in an Example, whose
// output is checked.
func TestExamples_all(t *testing.T) {
	for _, pkg := range []string{"coro", "poller"} {
		used := usedInExamples(t, pkg)
		seen := 0
		for name := range exportedDecls(t, pkg) {
			seen++
			if full := pkg + "." + name; !used[name] && withoutExample[full] == "" {
				t.Errorf("%s is used in no example", full)
			} else if used[name] && withoutExample[full] != "" {
				t.Errorf("%s has an example, and is listed as if it had none", full)
			}
		}
		if seen < 10 {
			t.Errorf("%d names in %s; there should be more", seen, pkg)
		}
	}
}

// usedInExamples returns the names of a package that examples with an output use.
func usedInExamples(t *testing.T, pkg string) map[string]bool {
	used := make(map[string]bool)
	for _, file := range parseAll(t, root+"/"+pkg+"/example*_test.go") {
		var outputs []token.Pos
		for _, c := range file.Comments {
			if strings.Contains(c.Text(), "Output:") {
				outputs = append(outputs, c.Pos())
			}
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Example") {
				continue
			}
			checked := false
			for _, at := range outputs {
				checked = checked || f.Body.Pos() < at && at < f.Body.End()
			}
			if !checked {
				continue
			}
			name, _, _ := strings.Cut(strings.TrimPrefix(f.Name.Name, "Example"), "_")
			used[name] = true
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
						used[s.Sel.Name] = true
					}
				}
				return true
			})
		}
	}
	return used
}

// exportedDecls returns the exported functions and types of a package.
func exportedDecls(t *testing.T, pkg string) map[string]bool {
	names := make(map[string]bool)
	for path, file := range parseAll(t, root+"/"+pkg+"/*.go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					names[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() {
						names[s.Name.Name] = true
					}
				}
			}
		}
	}
	return names
}

func parseAll(t *testing.T, pattern string) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]*ast.File)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = file
	}
	return files
}

// stringsOf returns the string literals of a file.
func stringsOf(file *ast.File) (all []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if s, err := strconv.Unquote(l.Value); err == nil {
				all = append(all, s)
			}
		}
		return true
	})
	return all
}
