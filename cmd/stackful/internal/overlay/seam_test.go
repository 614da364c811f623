package overlay

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// The two sides of the seam declare the same fields, of the same types, in the same order: each
// side reads the memory of the other's. Only the case of a name may differ, and the
// fields that the module leaves to the runtime may have other names.
func TestSeam(t *testing.T) {
	runtime := parse(t, "files/runtime.go.txt")
	module := parse(t, "../../../../internal/runtimepatch/runtimepatch.go")
	for a, b := range map[string]string{"stackfulHub": "Hub", "stackfulHooks": "Hooks", "stackfulFuncs": "Functions"} {
		ours, theirs := runtime.structs[a], module.structs[b]
		if len(ours) == 0 || len(ours) != len(theirs) {
			t.Errorf("%s has %d fields, and %s %d", a, len(ours), b, len(theirs))
			continue
		}
		for i := range ours {
			name, other := ours[i].name, theirs[i].name
			if !strings.EqualFold(name, other) && renamed[a+"."+name] != other {
				t.Errorf("field %d of %s is %s, and of %s %s", i, a, name, b, other)
			}
			typ := strings.NewReplacer("stackfulHub", "Hub", "stackfulHooks", "Hooks").Replace(ours[i].typ)
			if typ != theirs[i].typ {
				t.Errorf("%s.%s is %s, and %s.%s %s", a, name, typ, b, other, theirs[i].typ)
			}
		}
	}
	if runtime.version == "" || runtime.version != module.version {
		t.Errorf("the versions are %q and %q", runtime.version, module.version)
	}
	// All that the runtime's side declares, it sets.
	for _, f := range runtime.structs["stackfulFuncs"] {
		if !runtime.set[f.name] {
			t.Errorf("stackfulTable lacks %s", f.name)
		}
	}
}

// Names of the runtime's side for which the module has another word.
var renamed = map[string]string{
	"stackfulHub.first": "Local",
}

// A seam is what one side declares.
type seam struct {
	structs map[string][]field
	version string          // of the seam
	set     map[string]bool // fields of stackfulTable
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
			if st, ok := n.Type.(*ast.StructType); ok {
				s.structs[n.Name.Name] = fieldsOf(st)
			}
		case *ast.ValueSpec:
			if n.Names[0].Name == "Version" {
				s.version = types.ExprString(n.Values[0])
			}
		case *ast.CompositeLit:
			if types.ExprString(n.Type) != "stackfulFuncs" {
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

func fieldsOf(st *ast.StructType) (all []field) {
	for _, f := range st.Fields.List {
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
