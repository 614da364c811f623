package overlay

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The patched runtime knows the standard library by the first elements of its import paths: all that the Go at hand has.
func TestStandardNames(t *testing.T) {
	_, list, _ := strings.Cut(preemptText, "\tswitch name[:end] {\n\tcase ")
	list, _, ok := strings.Cut(list, ":\n")
	if !ok {
		t.Fatal("stackfulIsStd has another form")
	}
	known := regexp.MustCompile(`[a-z]+`).FindAllString(list, -1)
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		first, _, _ := strings.Cut(pkg, "/")
		if !slices.Contains(known, first) {
			t.Errorf("stackfulIsStd does not know %q, of %s", first, pkg)
		}
	}
}
