package futures

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testDefinition = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	testName       = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*\*?`)
)

// The tests that docs/soundness.md names are there. (For the lists of mutants see tests/mutation.)
func TestDocs_namedTestsExist(t *testing.T) {
	var defined []string
	err := filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testDefinition.FindAllStringSubmatch(string(text), -1) {
			defined = append(defined, m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"docs/soundness.md", "asm/contract.md"} {
		text, err := os.ReadFile(filepath.Join(module, file))
		if err != nil {
			t.Fatal(err)
		}
		names := testName.FindAllString(strings.ReplaceAll(string(text), ".*", "*"), -1)
		if len(names) == 0 && file == "docs/soundness.md" {
			t.Errorf("%s names no test", file)
		}
		for _, name := range names {
			prefix, open := strings.CutSuffix(name, "*")
			found := false
			for _, d := range defined {
				found = found || d == name || open && strings.HasPrefix(d, prefix)
			}
			if !found {
				t.Errorf("%s names %s, which is not there", file, name)
			}
		}
	}
}
