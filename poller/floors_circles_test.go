package poller

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/stackful-go/stackful"

// maxCircle bounds the files of a package that refer to each other in a circle, directly or
// through others: the files that have to be read before any one of them can be understood.
const maxCircle = 8

// largerCircles are the packages with a larger circle, and the number of its files today, which
// must not grow.
var largerCircles = map[string]struct {
	files int
	why   string
}{
	module:           {22, "core and backends are one package, that of the assembly, and call each other"},
	module + "/coro": {13, "a coroutine's states are one type, whose transitions refer to each other"},
}

// A listedPackage is what `go list` prints of a package.
type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// No package of the module has a larger circle of files than maxCircle, by references to
// package-level identifiers, fields and methods.
func TestFloors_circles(t *testing.T) {
	tool, err := exec.LookPath("go")
	if testing.Short() || err != nil {
		t.Skip("takes some seconds, and the go command")
	}
	list := exec.Command(tool, "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", module+"/...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	needNil(t, err)
	exports := map[string]string{}
	var own []listedPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); err == io.EOF {
			break
		} else {
			needNil(t, err)
		}
		exports[p.ImportPath] = p.Export
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/") {
			own = append(own, p)
		}
	}
	files := token.NewFileSet()
	imports := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, errors.New("no export data")
		}
		return os.Open(exports[path])
	})
	for _, p := range own {
		circle := largestCircle(references(t, files, imports, p))
		larger, isLarger := largerCircles[p.ImportPath]
		switch n := len(circle); {
		case n > max(maxCircle, larger.files):
			t.Errorf("%s: a circle of %d files: %s", p.ImportPath, n, strings.Join(circle, " "))
		case isLarger && n <= maxCircle:
			t.Errorf("%s: its largest circle has %d files now; take it out of largerCircles", p.ImportPath, n)
		}
	}
}

// references returns the other files of p to whose declarations each file refers.
func references(t *testing.T, files *token.FileSet, imports types.Importer, p listedPackage) map[string]map[string]bool {
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		needNil(t, err)
		parsed = append(parsed, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	pkg, err := (&types.Config{Importer: imports}).Check(p.ImportPath, files, parsed, info)
	needNil(t, err)
	refs := map[string]map[string]bool{}
	for id, o := range info.Uses {
		isTop := o.Pkg() == pkg && o.Parent() == pkg.Scope()
		switch x := o.(type) {
		case *types.Var:
			isTop = isTop || x.Pkg() == pkg && x.IsField()
		case *types.Func:
			isTop = isTop || x.Pkg() == pkg && x.Signature().Recv() != nil
		}
		from, to := files.Position(id.Pos()).Filename, files.Position(o.Pos()).Filename
		if isTop && from != to {
			if refs[from] == nil {
				refs[from] = map[string]bool{}
			}
			refs[from][to] = true
		}
	}
	return refs
}

// largestCircle returns the names of the most files of which each leads to each other.
func largestCircle(refs map[string]map[string]bool) (largest []string) {
	reach := map[string]map[string]bool{}
	for from := range refs {
		seen := map[string]bool{}
		for next := []string{from}; len(next) > 0; {
			f := next[len(next)-1]
			next = next[:len(next)-1]
			for to := range refs[f] {
				if !seen[to] {
					seen[to] = true
					next = append(next, to)
				}
			}
		}
		reach[from] = seen
	}
	for from, seen := range reach {
		var circle []string
		for to := range seen {
			if reach[to][from] {
				circle = append(circle, filepath.Base(to))
			}
		}
		if len(circle) > len(largest) {
			largest = circle
		}
	}
	slices.Sort(largest)
	return largest
}
