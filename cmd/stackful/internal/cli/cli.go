// Package cli is the common part of all subcommands: the table that names them, their
// flags and help texts, and the errors that become exit codes.
//
// The package of a subcommand (bench, demo, doctor, echo, patch) exports its Command, and the
// Children that it starts the program as; package main puts them into a Program. Of this
// module it imports package term alone. Read on in flags.go, and then in the package of a
// subcommand: the file that is named for it has its Command.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// A Command is a subcommand. Name, Args and About are its line of the usage text; it has none
// without About.
type Command struct {
	Name, Args, About string

	// Run runs it with the arguments that follow its name. What it may return, besides
	// nil and errors that are told as they are, is in errors.go.
	Run func(ctx context.Context, t *term.Terminal, args []string) error
}

// A Program is a command line with subcommands. It is not changed once it runs.
type Program struct {
	Head, Tail string    // of the usage text
	Commands   []Command // for people, in the order of the usage text
	Children   []Command // which the program starts itself as; not in the usage text
}

// Main runs the program on the arguments and files of the process until it is done or
// interrupted. It returns the exit code.
func (p *Program) Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return p.Dispatch(ctx, term.New(os.Stdin, os.Stdout, os.Stderr), os.Args[1:])
}

// Dispatch runs the subcommand that args name and returns the exit code.
func (p *Program) Dispatch(ctx context.Context, t *term.Terminal, args []string) int {
	if len(args) == 0 {
		p.printUsage(t.Err)
		return ExitUsage
	}
	name, rest := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		if len(rest) == 0 {
			p.printUsage(t.Out)
			return 0
		}
		name, rest = rest[0], []string{"-help"}
	}
	for _, c := range slices.Concat(p.Commands, p.Children) {
		if c.Name == name {
			return exitCode(t, c.Name, c.Run(ctx, t, rest))
		}
	}
	return exitCode(t, "", Usagef("no such subcommand: %q", name))
}

// printUsage prints a line for each command.
func (p *Program) printUsage(w io.Writer) {
	fmt.Fprintf(w, "%s\n\nUsage:\n\n", p.Head)
	for _, c := range p.Commands {
		if c.About == "" {
			continue // the text of the one before names it
		}
		fmt.Fprintf(w, "  stackful %-24s %s\n", c.Name+" "+c.Args, c.About)
	}
	fmt.Fprintf(w, "\n%s\n", p.Tail)
}

// exitCode tells of err, unless that has been done, and returns the exit code that it
// stands for. name is the subcommand, "" if there is none.
func exitCode(t *term.Terminal, name string, err error) int {
	t.Status("")
	var usage *usageError
	var exited ExitedWith
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, ErrReported):
		return ExitFailed
	case errors.As(err, &exited):
		return int(exited)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(t.Err, "interrupted")
		return ExitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(t.Err, "stackful: %v\nTry: %s\n", err, strings.TrimSpace("stackful help "+name))
		return ExitUsage
	}
	fmt.Fprintln(t.Err, strings.TrimSpace("stackful "+name)+":", err)
	return ExitFailed
}
