package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// Flags returns the flag set of the subcommand name. Its help text is about, then the
// flags. A flag without a usage text is left out: it is for tests, or for a child.
func Flags(t *term.Terminal, name, args, about string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // package flag would print errors, and then usage, itself
	fs.Usage = func() {
		fmt.Fprintf(t.Out, "Usage: %s\n\n%s\n", strings.TrimSpace("stackful "+name+" "+args), strings.TrimSpace(about))
		shown := flag.NewFlagSet(name, flag.ContinueOnError)
		shown.SetOutput(t.Out)
		any := false
		fs.VisitAll(func(f *flag.Flag) {
			if f.Usage != "" {
				shown.Var(f.Value, f.Name, f.Usage)
				shown.Lookup(f.Name).DefValue = f.DefValue // Var has taken the value that is set
				any = true
			}
		})
		if any {
			fmt.Fprint(t.Out, "\nFlags:\n")
			shown.PrintDefaults()
		}
	}
	return fs
}

// Parse parses args, in which flags may stand before, between and after other arguments, up to an
// argument "--". extra says whether there may be others, which are fs.Args then. Its errors are
// for a subcommand to return: of usage, or flag.ErrHelp when the help text was printed.
func Parse(fs *flag.FlagSet, args []string, extra bool) error {
	switch err := parseAnywhere(fs, args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return Usagef("%v", err)
	case !extra && fs.NArg() > 0:
		return Usagef("unexpected argument %q", fs.Arg(0))
	}
	return nil
}

// parseAnywhere is fs.Parse, which by itself ends at the first argument that is no flag.
func parseAnywhere(fs *flag.FlagSet, args []string) error {
	var others []string
	for {
		if err := fs.Parse(args); err != nil {
			return err
		}
		rest := fs.Args()
		if ended := len(rest) < len(args) && args[len(args)-len(rest)-1] == "--"; ended || len(rest) == 0 {
			others = append(others, rest...)
			break
		}
		others = append(others, rest[0])
		args = rest[1:]
	}
	return fs.Parse(append([]string{"--"}, others...)) // so that they are fs.Args
}

// IsHelp reports whether args ask for the help text, for subcommands whose flags belong
// to another program.
func IsHelp(args []string) bool {
	if len(args) != 1 {
		return false
	}
	switch args[0] {
	case "-h", "-help", "--help":
		return true
	}
	return false
}
