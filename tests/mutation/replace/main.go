// Replace applies one mutant: it replaces every occurrence of a text in a file,
// and fails if there is none. The texts are written as in a Go string.
package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	file := os.Args[1]
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace
	text, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	changed := strings.ReplaceAll(string(text), unescape(os.Args[2]), unescape(os.Args[3]))
	if changed == string(text) {
		fmt.Fprintf(os.Stderr, "%s does not contain %q\n", file, os.Args[2])
		os.Exit(1)
	}
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
