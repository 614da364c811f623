package main

import (
	"context"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/machine"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// version says what this program is built from, in one line.
var version = cli.Command{
	Name:  "version",
	About: "the module's version, the Go release, and the backend",
	Run: func(_ context.Context, t *term.Terminal, args []string) error {
		fs := cli.Flags(t, "version", "", "Prints the module's version, and which backend runs here and why.")
		if err := cli.Parse(fs, args, false); err != nil {
			return err
		}
		t.Printf("stackful %s; %s\n", machine.Version(), machine.Backend())
		return nil
	},
}
