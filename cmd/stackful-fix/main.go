// Command stackful-fix rewrites calls of time.Sleep, net.Dial, net.DialTimeout, net.Listen and
// net.ListenPacket to those of package poller, which park the task and, outside of tasks, do
// the same as before:
//
//	go run github.com/stackful-go/stackful/cmd/stackful-fix@latest [-diff] packages
//
// With -diff it writes what it would change, for patch -p1. In either case it says what it
// changes, what is left to be done by hand, and which type assertions will fail; it exits with 1 if
// there is anything of the last two. The other way is to leave the sources as they
// are and to build with a patched standard library: see `stackful help build`.
//
// It is a module of its own, so that the library does not ask for golang.org/x/tools. It
// imports nothing of the library: what it knows of package poller is a list of names, which a
// test compares with the package. There is no replace directive in its go.mod, since go run
// refuses a version of a module that has one.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/stackful-go/stackful/cmd/stackful-fix/internal/apply"
)

const about = `Usage: stackful-fix [-diff] packages

Rewrites calls of time.Sleep, net.Dial, net.DialTimeout, net.Listen and
net.ListenPacket in the packages, and in their tests, to those of package poller,
which park the task and, outside of tasks, do the same as before. It says what it
changes, what has to be changed by hand, and which type assertions will fail, on
standard error.

With -diff, writes what it would change to standard output, for patch -p1.

Exit status 1 means that something is left to be done by hand, or an error; 2 is
for a call that it does not understand.

Files that build constraints leave out are not looked at: call it with GOOS and
GOFLAGS=-tags=... set for them.

The other way is to leave the sources as they are: see stackful help build.
`

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit status. Flags may stand anywhere.
func run(args []string) int {
	o := apply.Options{Dir: ".", Out: os.Stdout, Report: os.Stderr}
	var patterns []string
	for i, arg := range args {
		switch arg {
		case "-h", "-help", "--help":
			fmt.Print(about)
			return 0
		case "-diff", "--diff":
			o.Diff = true
			continue
		case "--":
			patterns = append(patterns, args[i+1:]...)
		default:
			if strings.HasPrefix(arg, "-") {
				return usage("no such flag: " + arg)
			}
			patterns = append(patterns, arg)
			continue
		}
		break
	}
	if len(patterns) == 0 {
		return usage("which packages?")
	}
	switch err := o.Run(patterns...); {
	case errors.Is(err, apply.ErrLeft): // it has been said what
		return 1
	case err != nil:
		fmt.Fprintln(os.Stderr, "stackful-fix:", err)
		return 1
	}
	return 0
}

func usage(text string) int {
	fmt.Fprintf(os.Stderr, "stackful-fix: %s\nTry: stackful-fix -help\n", text)
	return 2
}
