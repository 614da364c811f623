package asm

import (
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// docs/soundness.md argues from who touches what in package runtime. The lists of
// those functions are in testdata/claims.txt, for each release, and this test
// compares them with the source of the toolchain that built it: a function that is
// new there is one that nobody has read.

var updateClaims = flag.Bool("update-claims", false, "rewrite this release's lines of testdata/claims.txt")

// claimed says what is looked for: a call of a function, a selector that is
// written or has a method called that writes, or any use of a selector.
var claimed = []struct{ how, name string }{
	{"calls", "suspendG"},
	{"calls", "setGCPhase"},
	{"calls", "gcResetMarkState"},
	{"calls", "saveg"},
	{"calls", "copystack"},
	{"calls", "shrinkstack"},
	{"calls", "scanstack"},
	{"writes", "gcscandone"},
	{"writes", "parkingOnChan"},
	{"writes", "gcAssistBytes"},
	{"writes", "goroutineProfiled"},
	{"writes", "statusTraced"},
	{"writes", "active"}, // goroutineProfile.active, and others of that name
	{"writes", "ncgo"},
	{"writes", "isextra"},
	{"writes", "stackguard0"},
	{"uses", "stktopsp"},
	{"uses", "_panic"},
	{"uses", "_defer"},
	{"uses", "sched"}, // of a g; runtime.sched is no selector
	{"uses", "racectx"},
	{"uses", "goidgen"},
}

// sizeClass is part of the names of functions that exist for each size class.
var sizeClass = regexp.MustCompile(`(SC|TinySize)\d+$`)

// users goes through package runtime and returns, for each claim, the functions.
func users(t *testing.T, goarch string) map[string][]string {
	t.Helper()
	root := goroot(t)
	context := build.Default
	context.GOROOT, context.GOOS, context.GOARCH, context.CgoEnabled = root, "linux", goarch, true
	dir := filepath.Join(root, "src", "runtime")
	p, err := context.ImportDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]bool{}
	for _, c := range claimed {
		found[c.how+" "+c.name] = map[string]bool{}
	}
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				for _, c := range claimed {
					if matches(n, c.how, c.name) {
						found[c.how+" "+c.name][sizeClass.ReplaceAllString(f.Name.Name, "$1*")] = true
					}
				}
				return true
			})
		}
	}
	lists := map[string][]string{}
	for claim, functions := range found {
		for f := range functions {
			lists[claim] = append(lists[claim], f)
		}
		slices.Sort(lists[claim])
	}
	return lists
}

// What is called by its address has the arguments that are passed (C18).
func TestScanstack(t *testing.T) {
	if !KnownGo {
		return // TestKnownGo has found that right
	}
	for file, want := range map[string]string{
		"mgcmark.go":                   "\n//go:systemstack\nfunc scanstack(gp *g, gcw *gcWork) int64 {",
		"stubs.go":                     "\nfunc systemstack(fn func())\n",
		"asm_" + runtime.GOARCH + ".s": "\nTEXT runtime·systemstack(SB), NOSPLIT, $0-8\n",
		"stack.go":                     "\tif gp.parkingOnChan.Load() {\n\t\treturn false\n",
		"mwbbuf.go":                    "wbBufEntries = 512\n",
	} {
		text, err := os.ReadFile(filepath.Join(goroot(t), "src", "runtime", file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not have %q", file, want)
		}
	}
}

// atomics are the methods that write.
var atomics = map[string]bool{"Store": true, "CompareAndSwap": true, "Swap": true, "Add": true}

func matches(n ast.Node, how, name string) bool {
	selects := func(e ast.Node) bool {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				return x.Sel.Name == name
			default:
				return false
			}
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		id, called := n.Fun.(*ast.Ident)
		if how == "calls" {
			for _, arg := range n.Args { // systemstack(f) calls f
				if a, ok := arg.(*ast.Ident); ok && a.Name == name {
					return true
				}
			}
			return called && id.Name == name
		}
		method, ok := n.Fun.(*ast.SelectorExpr)
		return how == "writes" && ok && atomics[method.Sel.Name] && selects(method.X)
	case *ast.AssignStmt:
		return how == "writes" && slices.ContainsFunc(n.Lhs, func(e ast.Expr) bool { return selects(e) })
	case *ast.IncDecStmt:
		return how == "writes" && selects(n.X)
	case *ast.SelectorExpr:
		return how == "uses" && n.Sel.Name == name
	}
	return false
}

func TestClaims(t *testing.T) {
	if !KnownGo || releaseLine(runtime.Version()) == "" {
		return // TestKnownGo has found that right
	}
	const golden = "testdata/claims.txt"
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	release := releaseLine(runtime.Version())
	var others, want []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); strings.HasPrefix(line, release+" ") {
			want = append(want, line)
		} else {
			others = append(others, line)
		}
	}
	var got []string
	amd64, arm64 := users(t, "amd64"), users(t, "arm64")
	for _, c := range claimed {
		claim := c.how + " " + c.name
		both := append(slices.Clone(amd64[claim]), arm64[claim]...)
		slices.Sort(both)
		got = append(got, fmt.Sprintf("%s %s: %s", release, claim, strings.Join(slices.Compact(both), " ")))
	}
	slices.Sort(got)
	slices.Sort(want)
	if *updateClaims {
		all := append(others, got...)
		slices.Sort(all)
		if err := os.WriteFile(golden, []byte(strings.Join(all, "\n")+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !slices.Equal(got, want) {
		t.Errorf("package runtime of this toolchain is not as it was read:\n%s\nwant\n%s\nRead what has changed, correct docs/soundness.md, then run go test ./asm -run Claims -update-claims",
			strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
