// Package overlay makes what `go build -overlay` needs to patch the standard
// library: copies of some of its files with small changes, files to be added, and
// the list that says which stands in for which. GOROOT itself is left alone.
//
// A change is an edit of a named declaration, found in the syntax tree: it is
// renamed, or something is put into it. What is to be done instead is in the
// files that are added. Since these rely on what the declarations do, the
// generator knows the forms that it was written for, and refuses others.
//
// It imports nothing of this module. Read on in plan.go, which has the changes to each
// package, and edit.go, which makes them; guard.go looks for uses that would go round the edits, those
// that are known being in plan_guards.go, and decl.go names declarations and tells their forms. The files that are added are in the folder files.
// Package patch runs the go command with the result.
package overlay

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrUnknown is wrapped by the errors about a standard library that the generator does not
// know.
var ErrUnknown = errors.New("this standard library is not one that stackful knows how to patch")

// Releases are the Go release lines that can be patched.
var Releases = []string{"go1.25", "go1.26", "go1.27"}

// A Toolchain is a Go installation, as `go env` tells of it.
type Toolchain struct {
	GOROOT    string
	GOVERSION string
}

// Files returns the content of t's overlay: the contents of files, by their
// slash-separated names below GOROOT/src.
func Files(t Toolchain) (map[string][]byte, error) {
	release, err := releaseOf(t.GOVERSION)
	if err != nil {
		return nil, err
	}
	src := filepath.Join(t.GOROOT, "src")
	out := make(map[string][]byte)
	var bad []error
	for _, p := range plan(release) {
		if err := p.check(src); err != nil {
			bad = append(bad, err)
		}
		for _, f := range p.files {
			text, err := f.apply(src, p.dir)
			if err != nil {
				bad = append(bad, err)
				continue
			}
			if text != nil {
				out[p.dir+"/"+f.name] = text
			}
		}
		name := p.dir + "/" + cmp.Or(p.name, addedName)
		if _, err := os.Stat(filepath.Join(src, filepath.FromSlash(name))); err == nil {
			bad = append(bad, fmt.Errorf("%s is there already", name))
		}
		out[name] = p.added()
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("%w: %s in %s differs from what is known of %s:\n%w",
			ErrUnknown, t.GOVERSION, t.GOROOT, release, errors.Join(bad...))
	}
	return out, nil
}

// addedName is the name of most files that are added to packages.
const addedName = "zstackful.go"

// releaseOf returns the release line of a GOVERSION.
func releaseOf(goversion string) (string, error) {
	first, _, _ := strings.Cut(goversion, " ") // experiments may follow
	lang := version.Lang(first)
	for _, r := range Releases {
		if r == lang && strings.Count(first, ".") <= 2 {
			return r, nil
		}
	}
	return "", fmt.Errorf("%w: it is of %q; known are %s", ErrUnknown, goversion, strings.Join(Releases, ", "))
}

// Write makes the overlay of t below the folder cache, unless it is there already,
// and returns the name of the file for -overlay. Files are named for what is in
// them, so that whatever changes makes others; they are never changed. Write may
// be called by several processes at once.
//
// more has replacements of the user's own, by absolute name; it may be nil.
func Write(t Toolchain, cache string, more map[string]string) (string, error) {
	files, err := Files(t)
	if err != nil {
		return "", err
	}
	kept := filepath.Join(cache, "files")
	replace := make(map[string]string)
	for name, text := range files {
		sum := sha256.Sum256(text)
		copied := filepath.Join(kept, hex.EncodeToString(sum[:12])+".go")
		if err := writeOnce(copied, text); err != nil {
			return "", err
		}
		replace[filepath.Join(t.GOROOT, "src", filepath.FromSlash(name))] = copied
	}
	for from, to := range more {
		_, taken := replace[from]
		switch {
		case !taken:
			replace[from] = to
		case filepath.Dir(to) != kept: // it may be one that we have made before
			return "", fmt.Errorf("the overlay that was given replaces %s, and so must stackful", from)
		}
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t") // keys are sorted
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(list)
	name := filepath.Join(cache, t.version()+"-"+hex.EncodeToString(sum[:6])+".json")
	return name, writeOnce(name, list)
}

// version is GOVERSION without experiments, for names of files.
func (t Toolchain) version() string {
	first, _, _ := strings.Cut(t.GOVERSION, " ")
	return first
}

// writeOnce writes a file that is named for its content.
func writeOnce(name string, text []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, text) {
		now := time.Now()
		os.Chtimes(name, now, now) // for cleaners of caches; it does not matter if it fails
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
