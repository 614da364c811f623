package overlay

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// The two sides of the seam declare the same fields, of the same types, in the same order: each
// side reads the memory of the other's. Only the case of a name may differ, and the
// fields that the module leaves to the runtime may have other names.
func TestSeam(t *testing.T) {
	runtime := parse(t, "files/runtime.go.txt")
	module := parse(t, "../../../../internal/runtimepatch/runtimepatch.go")
	same(t, runtime, module, map[string]string{"stackfulHub": "Hub", "stackfulHooks": "Hooks", "stackfulPullHooks": "PullHooks", "stackfulFuncs": "Functions"})
	const pulls = "stackfulPullHooks" // package iter has the same variable
	if a, b := parse(t, "files/iter.go.txt").structs[pulls], runtime.structs[pulls]; !slices.Equal(a, b) {
		t.Errorf("%s has the fields %v in package iter, and %v in package runtime", pulls, a, b)
	}
	// All that the runtime's side declares, it sets.
	for _, f := range runtime.structs["stackfulFuncs"] {
		if !runtime.set[f.name] {
			t.Errorf("stackfulTable lacks %s", f.name)
		}
	}
}

// The same for package testing and poller/patch/sim.
func TestSeam_testing(t *testing.T) {
	ours, theirs := parse(t, "files/testing.go.txt"), parse(t, "../../../../poller/patch/sim/sim.go")
	same(t, ours, theirs, map[string]string{"stackfulTests": "tests"})
	if a, b := ours.structs["stackfulTests"], theirs.structs["tests"]; !slices.Equal(a, b) { // also in the case of names
		t.Errorf("stackfulTests has the fields %v, and tests %v", a, b)
	}
}

// The same for package net, whose sockets are an interface with the same methods on both sides.
func TestSeam_net(t *testing.T) {
	net := parse(t, "files/netsim.go.txt")
	module := parse(t, "../../../../internal/netpatch/netpatch.go")
	same(t, net, module, map[string]string{"stackfulHooks": "Hooks", "stackfulSocket": "Socket", "stackfulNet": "table"})
}

// same reports how the two sides of a seam differ. types are the types of ours, with their names in theirs.
func same(t *testing.T, ours, theirs seam, types map[string]string) {
	t.Helper()
	var names []string // of types, for a Replacer
	for a, b := range types {
		names = append(names, a, b)
	}
	words := strings.NewReplacer(names...)
	for a, b := range types {
		our, their := ours.structs[a], theirs.structs[b]
		if len(our) == 0 || len(our) != len(their) {
			t.Errorf("%s has %d fields, and %s %d", a, len(our), b, len(their))
			continue
		}
		for i := range our {
			if name, other := our[i].name, their[i].name; !strings.EqualFold(name, other) && renamed[a+"."+name] != other {
				t.Errorf("field %d of %s is %s, and of %s %s", i, a, name, b, other)
			}
			if typ := words.Replace(our[i].typ); typ != their[i].typ {
				t.Errorf("%s.%s is %s, and %s.%s %s", a, our[i].name, typ, b, their[i].name, their[i].typ)
			}
		}
	}
	if ours.version == "" || ours.version != theirs.version {
		t.Errorf("the versions are %q and %q", ours.version, theirs.version)
	}
}

// Names of the runtime's side for which the module has another word.
var renamed = map[string]string{
	"stackfulHub.first": "Local",
}

// A seam is what one side declares.
type seam struct {
	structs map[string][]field // of interfaces: the methods
	version string             // of the seam
	set     map[string]bool    // fields of stackfulTable
}

type field struct{ name, typ string }

func parse(t *testing.T, name string) seam {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	s := seam{structs: make(map[string][]field), set: make(map[string]bool)}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			switch x := n.Type.(type) {
			case *ast.StructType:
				s.structs[n.Name.Name] = fieldsOf(x.Fields)
			case *ast.InterfaceType:
				s.structs[n.Name.Name] = fieldsOf(x.Methods)
			}
		case *ast.ValueSpec:
			if name := n.Names[0].Name; (name == "Version" || name == "version") && len(n.Values) == 1 {
				s.version = types.ExprString(n.Values[0])
			}
		case *ast.CompositeLit:
			if name := types.ExprString(n.Type); name != "stackfulFuncs" && name != "stackfulTests" && name != "stackfulNet" {
				break
			}
			for _, e := range n.Elts {
				kv := e.(*ast.KeyValueExpr)
				name := types.ExprString(kv.Key)
				s.set[name] = true
				if name == "version" {
					s.version = types.ExprString(kv.Value)
				}
			}
		}
		return true
	})
	return s
}

func fieldsOf(list *ast.FieldList) (all []field) {
	for _, f := range list.List {
		for _, id := range f.Names {
			all = append(all, field{id.Name, typeOf(f.Type)})
		}
	}
	return all
}

// typeOf is a type without the names of parameters.
func typeOf(x ast.Expr) string {
	fn, ok := x.(*ast.FuncType)
	if !ok {
		return types.ExprString(x)
	}
	list := func(fields *ast.FieldList) string {
		var all []string
		if fields != nil {
			for _, f := range fields.List {
				for range max(1, len(f.Names)) {
					all = append(all, typeOf(f.Type))
				}
			}
		}
		return "(" + strings.Join(all, ", ") + ")"
	}
	return "func" + list(fn.Params) + list(fn.Results)
}
