// Command layoutgen writes the layout tables of package asm. For each toolchain
// it builds a small program for every system and CPU below, reads the structs
// of package runtime from its DWARF, and writes what all systems share to
// layout_go126.go and what differs between them to layout_go126_linux.go and
// so on.
//
// It stops with the name of the field if a release no longer has it, and if the
// targets disagree about a field that they used to share: both are changes of
// the runtime that must be reviewed before a table may claim to know it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/stackful-go/stackful/asm/internal/dwarflayout"
)

var (
	systems = []string{"linux", "darwin", "freebsd", "windows"}
	cpus    = []string{"amd64", "arm64"}
)

const program = "package main\n\nfunc main() { println(0) }\n"

func main() {
	log.SetFlags(0)
	log.SetPrefix("layoutgen: ")
	toolchains := flag.String("toolchains", "", "comma-separated `list`: go1.25.14,go1.26.8")
	dir := flag.String("dir", ".", "`folder` to write to")
	flag.Parse()
	if *toolchains == "" {
		log.Fatal("no -toolchains given")
	}
	for _, toolchain := range strings.Split(*toolchains, ",") {
		if err := generate(toolchain, *dir); err != nil {
			log.Fatalf("%s: %v", toolchain, err)
		}
	}
}

// generate writes the files of one toolchain.
func generate(toolchain, dir string) error {
	rel, err := parseRelease(toolchain)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "layoutgen")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)

	tables := map[string]map[string]int64{} // by system
	for _, system := range systems {
		for _, cpu := range cpus {
			table, err := readTarget(tmp, toolchain, system, cpu)
			if err != nil {
				return fmt.Errorf("%s/%s: %w", system, cpu, err)
			}
			if tables[system] == nil {
				tables[system] = table
			}
			if err := same(tables[system], table, func(dwarflayout.Entry) bool { return true }); err != nil {
				return fmt.Errorf("%s: %s and %s differ: %w", system, cpus[0], cpu, err)
			}
		}
		shared := func(e dwarflayout.Entry) bool { return !e.PerOS }
		if err := same(tables[systems[0]], tables[system], shared); err != nil {
			return fmt.Errorf("%s and %s differ: %w", systems[0], system, err)
		}
	}
	return write(dir, rel, tables)
}

// readTarget builds the program for one target and reads its table.
func readTarget(tmp, toolchain, system, cpu string) (map[string]int64, error) {
	source := filepath.Join(tmp, "main.go")
	if err := os.WriteFile(source, []byte(program), 0o666); err != nil {
		return nil, err
	}
	binary := filepath.Join(tmp, system+"_"+cpu)
	cmd := exec.Command("go", "build", "-o", binary, source)
	cmd.Dir = tmp
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "CGO_ENABLED=0",
		"GOOS="+system, "GOARCH="+cpu, "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dwarflayout.Read(binary)
}

// same returns an error that names the first chosen entry whose values differ.
func same(a, b map[string]int64, chosen func(dwarflayout.Entry) bool) error {
	for _, e := range dwarflayout.Entries {
		if chosen(e) && a[e.Name] != b[e.Name] {
			return fmt.Errorf("%s is %d and %d", e.Name, a[e.Name], b[e.Name])
		}
	}
	return nil
}
