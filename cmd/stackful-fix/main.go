// Command stackful-fix rewrites calls of time.Sleep, net.Dial, net.DialTimeout, net.Listen and
// net.ListenPacket to those of package poller, which park the task and, outside of tasks, do
// the same as before:
//
//	go run github.com/stackful-go/stackful/cmd/stackful-fix@latest [-diff] packages
//
// With -diff it prints what it would change. The other way is to leave the sources as they
// are and to build with a patched standard library: see `stackful help build`.
//
// It is a module of its own, so that the library does not ask for golang.org/x/tools. It
// imports nothing of the library: what it knows of package poller is a list of names, which a
// test compares with the package. There is no replace directive in its go.mod, since go run
// refuses a version of a module that has one.
package main

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/tools/go/analysis/singlechecker"

	"github.com/stackful-go/stackful/cmd/stackful-fix/internal/fix"
)

const about = `Usage: stackful-fix [-diff] packages

Rewrites calls of time.Sleep, net.Dial, net.DialTimeout, net.Listen and
net.ListenPacket in the packages to those of package poller, which park the task
and, outside of tasks, do the same as before. With -diff, prints what it would
change.

The other way is to leave the sources as they are: see stackful help build.
`

func main() {
	args := os.Args[1:]
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, "stackful-fix: which packages?\nTry: stackful-fix -help\n")
		os.Exit(2)
	}
	if slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		fmt.Print(about)
		return
	}
	os.Args = slices.Concat([]string{"stackful-fix", "-fix"}, args)
	singlechecker.Main(fix.Analyzer) // does not return
}
