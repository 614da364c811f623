package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/asm/internal/dwarflayout"
)

func TestParseRelease(t *testing.T) {
	for toolchain, want := range map[string]string{
		"go1.25.14": "go1.25", "go1.26": "go1.26", "go1.127.3": "go1.127",
	} {
		if rel, err := parseRelease(toolchain); err != nil || rel.String() != want {
			t.Errorf("parseRelease(%q) = %v, %v", toolchain, rel, err)
		}
	}
	for _, toolchain := range []string{"", "1.26.8", "go1.26rc1", "go2.1", "local"} {
		if rel, err := parseRelease(toolchain); err == nil {
			t.Errorf("parseRelease(%q) = %v", toolchain, rel)
		}
	}
}

func TestSame(t *testing.T) {
	all := func(dwarflayout.Entry) bool { return true }
	a, b := map[string]int64{"GGoid": 152}, map[string]int64{"GGoid": 160}
	if err := same(a, a, all); err != nil {
		t.Error(err)
	}
	if err := same(a, b, all); err == nil || !strings.Contains(err.Error(), "GGoid") {
		t.Errorf("same = %v, want an error that names GGoid", err)
	}
}

// The files in the repository are those that the generator writes now.
func TestGenerate(t *testing.T) {
	if testing.Short() {
		t.Skip("builds package runtime for every target")
	}
	if !asm.KnownGo {
		return // no files to compare with; package asm tests that this is right
	}
	dir := t.TempDir()
	toolchain, _, _ := strings.Cut(runtime.Version(), " ")
	if err := generate(toolchain, dir); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1+len(systems) {
		t.Fatalf("generate wrote %d files, %v", len(files), err)
	}
	for _, file := range files {
		got, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("..", "..", file.Name()))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not what go generate writes (%v)", file.Name(), err)
		}
	}
}
