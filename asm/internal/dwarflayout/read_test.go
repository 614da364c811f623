package dwarflayout

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build returns a binary for a target.
func build(t *testing.T, goos, goarch string) string {
	t.Helper()
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "binary")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(0) }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", binary, source)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func TestRead_formats(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} { // ELF, Mach-O, PE
		table, err := Read(build(t, goos, "amd64"))
		if err != nil {
			t.Errorf("%s: %v", goos, err)
		}
		if len(table) != len(Entries) || table["GStackHi"] != 8 {
			t.Errorf("%s: %v", goos, table)
		}
	}
}

// A release that drops a field must stop the generator, with the field's name.
func TestRead_missing(t *testing.T) {
	binary := build(t, "linux", "amd64")
	saved := Entries
	defer func() { Entries = saved }()
	for _, missing := range []Entry{
		{Name: "GGone", Struct: "runtime.g", Field: "gone"},
		{Name: "GNested", Struct: "runtime.g", Field: "sched.gone"},
		{Name: "GNotStruct", Struct: "runtime.g", Field: "goid.gone"},
		{Name: "GStruct", Struct: "runtime.gone", Field: "gone"},
		{Name: "GSize", Kind: Size, Struct: "runtime.gone"},
		{Name: "VGone", Kind: Value, Const: "runtime.gone"},
	} {
		Entries = []Entry{missing}
		if _, err := Read(binary); err == nil || !strings.HasPrefix(err.Error(), missing.Name+":") {
			t.Errorf("%+v: err = %v, want one that names the entry", missing, err)
		}
		missing.Optional = true
		Entries = []Entry{missing}
		if table, err := Read(binary); err != nil || table[missing.Name] != Absent {
			t.Errorf("%+v: Read = %v, %v, want %d", missing, table, err, Absent)
		}
	}
}

func TestRead_notABinary(t *testing.T) {
	if _, err := Read("read_test.go"); err == nil {
		t.Error("Read of a text file succeeds")
	}
}
