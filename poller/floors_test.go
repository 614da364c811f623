package poller

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors are the packages below internal, from the lowest to the highest, with the others of them
// that each may import.
var floors = []struct{ name, imports string }{
	{"fault", ""},
	{"biased", "fault"},
	{"timers", ""},
	{"mailbox", ""},
	{"socket", "fault"},
	{"selector", "fault socket"},
	{"sched", "fault biased mailbox selector timers"},
	{"fd", "fault selector sched socket timers"},
	{"simnet", "fault sched timers"},
	{"timeline", "sched"},

	// For tests.
	{"testfd", ""},
	{"nettest", ""},
	{"dnstest", ""},
}

// Each internal package imports lower ones only, whatever the build constraints of its files,
// and says in a package comment what it holds. Package poller itself is above all of them.
func TestFloors(t *testing.T) {
	const path = "github.com/stackful-go/stackful/poller"
	seen := map[string]bool{}
	for _, f := range floors {
		for _, name := range strings.Fields(f.imports) {
			if !seen[name] {
				t.Errorf("%s may import %s, which is not below it", f.name, name)
			}
		}
		seen[f.name] = true
		files, err := filepath.Glob(filepath.Join("internal", f.name, "*.go"))
		needNil(t, err)
		documented := false
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
			needNil(t, err)
			documented = documented || parsed.Doc != nil
			for _, i := range parsed.Imports {
				name, err := strconv.Unquote(i.Path.Value)
				needNil(t, err)
				switch below, isInternal := strings.CutPrefix(name, path+"/internal/"); {
				case below == "testfd" && strings.HasSuffix(file, "_test.go"):
				case name == path, isInternal && !slices.Contains(strings.Fields(f.imports), below):
					t.Errorf("%s imports %s", file, name)
				}
			}
		}
		if !documented {
			t.Errorf("package %s has no package comment", f.name)
		}
	}
	dirs, err := filepath.Glob("internal/*")
	needNil(t, err)
	for _, dir := range dirs {
		if !seen[filepath.Base(dir)] {
			t.Errorf("%s is not listed", dir)
		}
	}
}
