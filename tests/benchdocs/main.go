// Benchdocs measures what docs/benchmarks.md shows, and draws it:
//
//	go run ./tests/benchdocs              both, some five minutes
//	go run ./tests/benchdocs measure      writes docs/benchmarks/data.json
//	go run ./tests/benchdocs measure chat measures one picture and keeps the others
//	go run ./tests/benchdocs draw         makes the pictures and the tables of what data.json holds
//
// measure runs `stackful bench`, tests/peers, tests/patch/measure.sh, benchmarks of package poller and a
// chat; -quick has few rounds, to see whether that works. All rows of one picture come from one run, in
// which the contenders take turns. draw writes docs/benchmarks/*.svg, and what is between the markers in
// docs/benchmarks.md and README.md; its test holds these files to data.json. Linux only.
//
// Read on in data.go, then in measure.go and draw.go.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	quick := flag.Bool("quick", false, "measure few rounds")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: benchdocs [-quick] [measure [pictures] | draw]\n\nPictures:")
		for _, one := range pictures {
			fmt.Fprintf(flag.CommandLine.Output(), "  %-10s  %s\n", one.id, one.title)
		}
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(*quick, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "benchdocs:", err)
		os.Exit(1)
	}
}

func run(quick bool, args []string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	what := ""
	if len(args) > 0 {
		what, args = args[0], args[1:]
	}
	switch what {
	case "":
		if err := measure(root, quick, nil); err != nil {
			return err
		}
		return draw(root)
	case "measure":
		return measure(root, quick, args)
	case "draw":
		return draw(root)
	}
	return fmt.Errorf("%q is neither measure nor draw", what)
}

// moduleRoot returns the folder of this module.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
