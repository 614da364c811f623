package asm

import (
	"fmt"
	"go/build/constraint"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

var (
	constraintHead = regexp.MustCompile(`(?m)^## (C\d+)\b`)
	constraintName = regexp.MustCompile(`\bC\d+\b`)
	safeIf         = regexp.MustCompile(`(?m)^// Safe if: (.*)$`)
)

// Each constraint that assembly cites is in contract.md, each of contract.md is
// numbered once and in order.
func TestContract(t *testing.T) {
	text, err := os.ReadFile("contract.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for i, m := range constraintHead.FindAllStringSubmatch(string(text), -1) {
		if want := fmt.Sprintf("C%d", i+1); m[1] != want {
			t.Errorf("contract.md has %s where %s should be", m[1], want)
		}
		known[m[1]] = true
	}
	walkModule(t, func(path, text string) {
		if filepath.Ext(path) != ".s" {
			return
		}
		for _, line := range safeIf.FindAllStringSubmatch(text, -1) {
			for _, id := range constraintName.FindAllString(line[1], -1) {
				if !known[id] {
					t.Errorf("%s cites %s, which contract.md lacks", path, id)
				}
			}
		}
	})
	for _, s := range Symbols() {
		if !strings.Contains(string(text), "`"+s.Name+"`") {
			t.Errorf("contract.md does not name %s", s.Name)
		}
	}
}

// C12: in a release that nobody has tried, no file of the build names a symbol of
// package runtime, so that it links.
func TestContract_C12_unknownRelease(t *testing.T) {
	tags := map[string]bool{"gc": true, "linux": true, "unix": true, "amd64": true, "arm64": true, "race": true, "cgo": true}
	for minor := 1; minor <= newestRelease(t)+1; minor++ {
		tags[fmt.Sprintf("go1.%d", minor)] = true
	}
	walkModule(t, func(path, text string) {
		goFile, sFile := filepath.Ext(path) == ".go", filepath.Ext(path) == ".s"
		names := goFile && len(linknames(text)) > 0 || sFile && assemblyName.MatchString(text)
		if !names || strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, line := range strings.Split(text, "\n") {
			if !constraint.IsGoBuild(line) {
				continue
			}
			expr, err := constraint.Parse(line)
			if err == nil && !expr.Eval(func(tag string) bool { return tags[tag] }) {
				return
			}
		}
		t.Errorf("%s names a symbol of the runtime, and is built for releases that nobody has tried", path)
	})
}

// newestRelease returns the newest release line of the symbol table.
func newestRelease(t *testing.T) int {
	t.Helper()
	newest := 0
	for _, s := range Symbols() {
		for _, line := range s.Linked {
			minor, err := strconv.Atoi(strings.TrimPrefix(line, "go1."))
			if err != nil {
				t.Fatal(err)
			}
			newest = max(newest, minor)
		}
	}
	return newest
}

// C11: compiled code restores X15 and R14 itself after a call of ABI0 assembly.
func TestContract_C11_amd64(t *testing.T) {
	if !KnownGo {
		return // the constraint is for the releases with a table
	}
	dir := writeFiles(t, map[string]string{
		"main.go":      "package main\n\nfunc callee()\n\n//go:noinline\nfunc caller() { callee() }\n\nfunc main() { caller() }\n",
		"main_amd64.s": "#include \"textflag.h\"\n\nTEXT ·callee(SB), NOSPLIT, $0-0\n\tRET\n",
	})
	goTool(t, dir, runtime.GOOS, "amd64", "build", "-o", "program", ".")
	code := goTool(t, dir, runtime.GOOS, runtime.GOARCH, "tool", "objdump", "-s", "^main.caller$", "program")
	_, after, called := strings.Cut(code, "CALL main.callee")
	if !called || !strings.Contains(after, "XORPS X15, X15") || !regexp.MustCompile(`MOVQ .*, R14\b`).MatchString(after) {
		t.Errorf("the caller of an ABI0 function does not restore X15 and R14:\n%s", code)
	}
}

// C4: none of our own routines writes SP.
func TestContract_C4_noSPWRITE(t *testing.T) {
	walkPackage(t, func(name, text string) {
		for _, line := range strings.Split(text, "\n") {
			code, _, _ := strings.Cut(line, "//")
			if regexp.MustCompile(`,\s*R?SP\s*$`).MatchString(code) {
				t.Errorf("%s writes SP: %s", name, strings.TrimSpace(line))
			}
		}
	})
}

// Every routine carries the whole comment block.
func TestAssemblyComments(t *testing.T) {
	walkPackage(t, func(name, text string) {
		blocks := strings.Split(text, "\nTEXT ")
		for i := range blocks[1:] {
			head := blocks[i][strings.LastIndex(blocks[i], "\n\n")+1:]
			for _, part := range []string{"// func ", "// Does: ", "// Called: ", "// In: ", "// Out: ", "// Keeps: ", "Smashes: ", "// Stack: ", "// Safe if: "} {
				if !strings.Contains(head, part) {
					routine, _, _ := strings.Cut(blocks[i+1], ",")
					t.Errorf("%s: %s has no %q", name, routine, part)
				}
			}
		}
	})
}

// walkPackage calls f for each assembly file of this package.
func walkPackage(t *testing.T, f func(name, text string)) {
	t.Helper()
	names, err := filepath.Glob("*.s")
	if err != nil || len(names) == 0 {
		t.Fatalf("no assembly files: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f(name, string(text))
	}
}
