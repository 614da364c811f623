package readme

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// markdown returns the names of all Markdown files of the repository.
func markdown(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

var (
	fence  = regexp.MustCompile("(?ms)^```.*?^```$")
	link   = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	ref    = regexp.MustCompile(`(?m)^\[[^\]]+\]: (\S+)$`)
	header = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// TestLinks resolves each relative link: its file exists, and has the header that it names.
func TestLinks(t *testing.T) {
	seen := 0
	for _, path := range markdown(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		prose := fence.ReplaceAll(text, nil)
		for _, m := range append(link.FindAllSubmatch(prose, -1), ref.FindAllSubmatch(prose, -1)...) {
			target := string(m[1])
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			seen++
			name, fragment, _ := strings.Cut(target, "#")
			to := path
			if name != "" {
				to = filepath.Join(filepath.Dir(path), name)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if fragment != "" && filepath.Ext(to) == ".md" && !anchors(t, to)[fragment] {
				t.Errorf("%s: %s has no header #%s", path, to, fragment)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d links were found; there should be more", seen)
	}
}

// anchors returns the fragments of a file's headers, as GitHub makes them.
func anchors(t *testing.T, path string) map[string]bool {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for _, m := range header.FindAllSubmatch(fence.ReplaceAll(text, nil), -1) {
		id := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z':
				return r
			}
			return -1
		}, strings.ToLower(string(m[1])))
		all[id] = true
	}
	return all
}

// TestReleases: the releases that .ci/run tests are those of the hosted workflow's matrix.
func TestReleases(t *testing.T) {
	run, err := os.ReadFile(root + "/.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	workflow, err := os.ReadFile(root + "/.github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	releases := regexp.MustCompile(`(?m)^releases=\(([^)]*)\)`).FindSubmatch(run)
	if releases == nil {
		t.Fatal(".ci/run has no list of releases")
	}
	for _, r := range strings.Fields(string(releases[1])) {
		line := strings.TrimPrefix(r[:strings.LastIndex(r, ".")], "go") + ".x"
		if !strings.Contains(string(workflow), `"`+line+`"`) {
			t.Errorf("ci.yml does not run %s, which .ci/run does", line)
		}
	}
}
