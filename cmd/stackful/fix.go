package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// fixPackage is the program for it, in a module of its own: it depends on golang.org/x/tools,
// and the library is not to.
const fixPackage = "github.com/stackful-go/stackful/cmd/stackful-fix@latest"

// fix says how to call that program.
var fix = cli.Command{
	Name:  "fix",
	Args:  "[-diff] packages",
	About: "rewrite calls of time and net to those of package poller",
	Run: func(_ context.Context, t *term.Terminal, args []string) error {
		if cli.IsHelp(args) {
			fmt.Fprintf(t.Out, "Rewrites calls of time and net to those of package poller. It is a program of its own:\n\n\tgo run %s [-diff] packages\n", fixPackage)
			return nil
		}
		call := []string{"go run", fixPackage}
		if len(args) == 0 {
			args = []string{"packages"}
		}
		return cli.Usagef("fix is a program of its own: %s", strings.Join(append(call, args...), " "))
	},
}
