package fix

import (
	"go/types"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/packages"
)

func TestAnalyzer(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), Analyzer, "a", "b", "c")
}

// What is rewritten has the same type in package poller.
func TestKnown(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedTypes | packages.NeedName | packages.NeedImports | packages.NeedDeps,
		Dir:  "../../../..", // the library, which this module does not require
	}, PollerPath, "time", "net")
	if err != nil {
		t.Fatal(err)
	}
	scopes := make(map[string]*types.Scope)
	for _, p := range pkgs {
		scopes[p.PkgPath] = p.Types.Scope()
	}
	for path, names := range known {
		for _, name := range names {
			ours, theirs := scopes[PollerPath].Lookup(name), scopes[path].Lookup(name)
			if ours == nil || theirs == nil {
				t.Errorf("%s.%s: %v, %v", path, name, ours, theirs)
				continue
			}
			if a, b := types.TypeString(ours.Type(), nil), types.TypeString(theirs.Type(), nil); !sameTypes(ours, theirs) {
				t.Errorf("%s: %s, %s", name, a, b)
			}
		}
	}
}

// sameTypes compares parameters and results, whose names do not matter.
func sameTypes(a, b types.Object) bool {
	list := func(t *types.Tuple) (all []string) {
		for v := range t.Variables() {
			all = append(all, types.TypeString(v.Type(), nil))
		}
		return all
	}
	equal := func(a, b []string) bool {
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	s, o := a.Type().(*types.Signature), b.Type().(*types.Signature)
	return equal(list(s.Params()), list(o.Params())) && equal(list(s.Results()), list(o.Results()))
}
