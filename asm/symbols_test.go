package asm

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// linkProgram returns the files of a program that names each symbol in the way
// that the table says.
func linkProgram(symbols []Symbol) map[string]string {
	goFile := "package main\n\nimport _ \"unsafe\"\n\nimport \"unsafe\"\n\nvar _ unsafe.Pointer\n\n"
	amd64 := "#include \"textflag.h\"\n\n"
	arm64 := amd64
	var names []string
	for _, s := range symbols {
		local := s.Name[strings.LastIndex(s.Name, ".")+1:]
		names = append(names, local)
		switch s.Kind {
		case Linkname:
			goFile += fmt.Sprintf("//go:linkname %s %s\n%s\n\n", local, s.Name, s.Decl)
		case Assembly:
			goFile += s.Decl + "\n\n"
			head := fmt.Sprintf("TEXT ·%s(SB), NOSPLIT, $0-4\n", local)
			in := strings.ReplaceAll(s.Name, ".", "·")
			amd64 += fmt.Sprintf("%s\tMOVL %s(SB), AX\n\tMOVL AX, ret+0(FP)\n\tRET\n", head, in)
			arm64 += fmt.Sprintf("%s\tMOVWU %s(SB), R0\n\tMOVW R0, ret+0(FP)\n\tRET\n", head, in)
		}
	}
	goFile += fmt.Sprintf("var all = []any{%s}\n\nfunc main() { println(len(all)) }\n", strings.Join(names, ", "))
	return map[string]string{"main.go": goFile, "main_amd64.s": amd64, "main_arm64.s": arm64}
}

func TestSymbols_link(t *testing.T) {
	if !KnownGo {
		return // the native backend is not part of such a build
	}
	line := releaseLine(runtime.Version())
	for _, s := range Symbols() {
		if !slices.Contains(s.Linked, line) {
			t.Errorf("%s is not listed as linked with %s", s.Name, line)
		}
	}
	dir := writeFiles(t, linkProgram(Symbols()))
	for _, goarch := range []string{"amd64", "arm64"} {
		goTool(t, dir, runtime.GOOS, goarch, "build", "-o", goarch, ".")
	}
}

// The program above proves something only if the linker refuses others.
func TestSymbols_linkerRefusesOthers(t *testing.T) {
	if !KnownGo {
		return // as above
	}
	for _, closed := range []Symbol{
		{Name: "runtime.newcoro", Kind: Linkname, Decl: "func newcoro(func(unsafe.Pointer)) unsafe.Pointer"},
		{Name: "runtime.gcphase", Kind: Assembly, Decl: "func gcphase() uint32"},
	} {
		dir := writeFiles(t, linkProgram([]Symbol{closed}))
		cmd := exec.Command("go", "build", "-o", "program", ".")
		cmd.Dir, cmd.Env = dir, goEnv(runtime.GOOS, runtime.GOARCH)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), closed.Name) {
			t.Errorf("go build with %s = %v\n%s", closed.Name, err, out)
		}
	}
}

var (
	linknameLine = regexp.MustCompile(`(?m)^//go:linkname \w+ (runtime[\w/]*\.\w+)`)
	assemblyName = regexp.MustCompile(`\b(runtime·\w+)\(SB\)`)
)

// The table must hold what the module names, and nothing else.
func TestSymbols_complete(t *testing.T) {
	used := map[string]string{} // symbol to file
	walkModule(t, func(path, text string) {
		switch filepath.Ext(path) {
		case ".go":
			for _, name := range linknames(text) {
				used[name] = path
			}
		case ".s", ".h":
			for _, m := range assemblyName.FindAllStringSubmatch(text, -1) {
				used[strings.ReplaceAll(m[1], "·", ".")] = path
			}
		}
	})
	for _, s := range Symbols() {
		if used[s.Name] == "" {
			t.Errorf("%s is in the table, but nothing names it", s.Name)
		}
		delete(used, s.Name)
	}
	for name, path := range used {
		t.Errorf("%s names %s, which is not in the table", path, name)
	}
}

// linknames returns what a Go file names of package runtime, without what
// `stackful build` adds to it, which is this module's own.
func linknames(text string) (names []string) {
	for _, m := range linknameLine.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(m[1], ".stackful") {
			names = append(names, m[1])
		}
	}
	return names
}

// walkModule calls f for each file of the module that this package is part of.
func walkModule(t *testing.T, f func(path, text string)) {
	t.Helper()
	const root = ".."
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path == root {
				return nil
			}
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if err == nil || strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" {
				return fs.SkipDir // another module, or none
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			f(path, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
