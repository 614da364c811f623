package patch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackful-go/stackful/cmd/stackful/internal/overlay"
)

// A patched is a go command and the overlay for its standard library.
type patched struct {
	tool    string   // its name, or its path if it is not the one that PATH leads to
	env     []string // to be set for it
	goroot  string
	overlay string // the name of the file
}

// newPatched finds the go command that would be used, lead being -C or nothing, and
// makes its overlay. own is an overlay of the user's, to be joined with it, or "". addTo is called with the
// replacements of that one, and the cache folder, if it is not nil.
func newPatched(lead []string, own string, addTo func(more map[string]string, cache string) error) (*patched, error) {
	var env struct{ GOROOT, GOVERSION, GOOS, GOARCH, GOMODCACHE, GOFLAGS string }
	if err := goEnv(lead, &env); err != nil {
		return nil, err
	}
	if env.GOOS != "linux" || env.GOARCH != "amd64" && env.GOARCH != "arm64" {
		return nil, fmt.Errorf("the standard library can be patched for linux/amd64 and linux/arm64, not for %s/%s: %w",
			env.GOOS, env.GOARCH, errors.ErrUnsupported)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	cache = filepath.Join(cache, "stackful", "overlay")
	p := &patched{tool: "go"}
	chain := overlay.Toolchain{GOROOT: env.GOROOT, GOVERSION: env.GOVERSION}
	if chain.GOROOT, err = outsideOf(env.GOMODCACHE, chain, cache); err != nil {
		return nil, err
	}
	if chain.GOROOT != env.GOROOT { // by its other name, which go must not choose a toolchain over again
		p.tool = filepath.Join(chain.GOROOT, "bin", "go")
		p.env = []string{"GOROOT=" + chain.GOROOT, "GOTOOLCHAIN=local"}
	}
	p.goroot = chain.GOROOT
	if own == "" { // ours on the command line would hide one that is set in GOFLAGS
		own, _ = takeOverlay(strings.Fields(env.GOFLAGS))
	}
	more, err := readOverlay(lead, own)
	if err != nil {
		return nil, err
	}
	if addTo != nil {
		if more == nil {
			more = make(map[string]string)
		}
		if err := addTo(more, cache); err != nil {
			return nil, err
		}
	}
	p.overlay, err = overlay.Write(chain, cache, more)
	return p, err
}

// goEnv fills in the variables that the fields of the struct to are named for.
func goEnv(lead []string, to any) error {
	cmd := exec.Command("go", slices.Concat([]string{"env"}, lead, []string{"-json", "GOROOT", "GOVERSION", "GOOS", "GOARCH", "GOMODCACHE", "GOFLAGS"})...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go env: %w\n%s", err, &stderr)
	}
	return json.Unmarshal(out, to)
}

// outsideOf returns a GOROOT of t that is not in the module cache: go refuses to
// replace files there, and has its downloaded toolchains there. A symbolic link
// makes another name for one.
func outsideOf(modcache string, t overlay.Toolchain, cache string) (string, error) {
	rel, err := filepath.Rel(modcache, t.GOROOT)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return t.GOROOT, nil
	}
	link := filepath.Join(cache, "goroot", filepath.Base(t.GOROOT))
	if to, err := os.Readlink(link); err == nil && to == t.GOROOT {
		return link, nil
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o777); err != nil {
		return "", err
	}
	// Several processes may be here at once: a link is renamed into place whole.
	fresh := fmt.Sprintf("%s.new-%d", link, os.Getpid())
	if err := os.Symlink(t.GOROOT, fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, link); err != nil {
		os.Remove(fresh)
		return "", err
	}
	return link, nil
}
