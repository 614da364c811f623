package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"golang.org/x/tools/go/analysis/singlechecker"

	"github.com/stackful-go/stackful/cmd/stackful/internal/fix"
)

const fixAbout = `Usage: stackful fix [-diff] packages

Rewrites calls of time.Sleep, net.Dial, net.DialTimeout, net.Listen and
net.ListenPacket in the packages to those of package poller, which park the task
and, outside of tasks, do the same as before. With -diff, prints what it would
change.

The other way is to leave the sources as they are: see stackful help build.
`

// runFix does not return, unless there is nothing to do: the driver of analyzers
// ends the process.
func runFix(_ context.Context, t *terminal, args []string) error {
	if len(args) == 0 {
		return usagef("which packages?")
	}
	if slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(t.out, fixAbout)
		return nil
	}
	os.Args = slices.Concat([]string{"stackful fix", "-fix"}, args)
	singlechecker.Main(fix.Analyzer)
	return nil
}
