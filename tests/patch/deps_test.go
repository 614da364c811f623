//go:build linux && !poller_std

package patch

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What programs import depends on golang.org/x/sys and cpuid, and on nothing else.
func TestDependencies(t *testing.T) {
	const module = "github.com/stackful-go/stackful"
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}",
		module, module+"/asm", module+"/coro", module+"/poller/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(out)))))
	want := []string{"github.com/klauspost/cpuid/v2", module, "golang.org/x/sys"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The module asks for nothing more either, for commands or tests: what these need is in
// modules of their own.
func TestDependencies_ofModule(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{if not .Main}}{{.Path}}{{end}}", "all").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := slices.Sorted(slices.Values(strings.Fields(string(out))))
	want := []string{"github.com/klauspost/cpuid/v2", "golang.org/x/sys"}
	if !slices.Equal(got, want) {
		t.Errorf("go.mod asks for %v, want %v", got, want)
	}
}
