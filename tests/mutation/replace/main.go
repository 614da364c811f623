// Replace applies one mutant to the module in the current folder:
//
//	replace FILE OLD NEW [FILE OLD NEW]...
//
// replaces every occurrence of a text in a file, and fails if there is none. The
// texts are written as in a Go string.
package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	args := os.Args[1:]
	if len(args) == 0 || len(args)%3 != 0 {
		fail("usage: replace FILE OLD NEW [FILE OLD NEW]...")
	}
	for ; len(args) > 0; args = args[3:] {
		replace(args[0], args[1], args[2])
	}
}

func replace(file, old, new string) {
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace
	text, err := os.ReadFile(file)
	if err != nil {
		fail(err)
	}
	changed := strings.ReplaceAll(string(text), unescape(old), unescape(new))
	if changed == string(text) {
		fail(fmt.Sprintf("%s does not contain %q", file, old))
	}
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		fail(err)
	}
}

func fail(what any) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(1)
}
