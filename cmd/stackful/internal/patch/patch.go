// Package patch is `stackful build`, `run`, `test`, `vet`, `install`, `list` and `overlay`: the go command with a
// patched standard library, whose waits park tasks. It finds the toolchain that go
// would use (toolchain.go), splits our part of the arguments off (flags.go), joins the
// overlay with the user's own if there is one (merge.go), and has package overlay make it. With -tasks
// it adds a file to each program (tasks.go), in a workspace if need be (workspace.go); with `test -sim` to each
// test binary, which package simtest runs (sim.go, simflags.go).
//
// Of this module it imports packages cli, term, overlay and simtest. Read on in package overlay, which
// has the changes to the standard library; docs/patch.md has it for users.
package patch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
)

// Build, Run, Test, Vet, Install and List are the subcommands of go; Overlay is for callers of
// go itself.
var (
	Build   = goCommand("build", "go build with a package runtime whose waits park tasks")
	Run     = goCommand("run", "the same for go run")
	Test    = goCommand("test", "the same for go test; with -sim, each test in simulations")
	Vet     = goCommand("vet", "the same for go vet, install and list")
	Install = goCommand("install", "")
	List    = goCommand("list", "")
	Overlay = cli.Command{
		Name:  "overlay",
		About: "print the name of the file for go's -overlay",
		Run:   printOverlay,
	}
)

// help is the common part of the help texts.
const help = `
The go command with a patched package runtime: in tasks of package poller, whatever
would park the goroutine parks the task, and other tasks of the goroutine run
meanwhile: channels, select, package sync, time, net, pipes, and all that is made of
them. Elsewhere they are as ever. What still blocks: regular files and other system
calls, C. Kill and WithTimeout do not end waits of package sync. See docs/patch.md.

With -tasks, before the packages, build, run, install and test make programs that know
nothing of tasks run as tasks: main is the first one, and each go statement of a task
starts a task, so that all of the program runs on one goroutine. With -race no race
between two tasks is reported, as they take turns.

Nothing outside of the user's cache folder is written, but what go itself writes.
The first build compiles the standard library anew.`

// goCommand returns the subcommand that runs the go command's subcommand of that name. Its
// flags are go's: none is parsed here but -C and -overlay, and the exit code is go's, too.
func goCommand(name, about string) cli.Command {
	run := func(ctx context.Context, t *term.Terminal, args []string) error {
		if cli.IsHelp(args) {
			fmt.Fprintf(t.Out, "Usage: stackful %s [arguments of go %[1]s]\n%s\n", name, help)
			if name == "test" {
				fmt.Fprintln(t.Out, simHelp)
			}
			return nil
		}
		lead, rest := splitChdir(args)
		own, rest := takeOverlay(rest)
		var prog *program
		var add func(more map[string]string, cache string) error
		if sim, without := takeFlag(rest, "sim"); sim {
			if name != "test" {
				return cli.Usagef("-sim is for test")
			}
			return simulate(ctx, t, lead, own, without)
		}
		if tasks, without := takeFlag(rest, "tasks"); tasks {
			if name == "vet" || name == "list" {
				return fmt.Errorf("-tasks is for build, run, install and test")
			}
			add = func(more map[string]string, cache string) (err error) {
				if prog, err = asTasks.program(name, lead, without, cache); err == nil {
					maps.Copy(more, prog.files)
				}
				return err
			}
		}
		p, err := newPatched(lead, own, add)
		if err != nil {
			return err
		}
		if prog != nil {
			rest = prog.args
			p.env = append(p.env, prog.env...)
		}
		cmd := exec.Command(p.tool, slices.Concat([]string{name}, lead, []string{"-overlay=" + p.overlay}, rest)...)
		cmd.Env = append(os.Environ(), p.env...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, t.Out, t.Err
		err = cmd.Run() // an interrupt reaches the child as well: wait for it
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return cli.ExitedWith(max(exit.ExitCode(), cli.ExitFailed))
		}
		return err
	}
	return cli.Command{Name: name, Args: "[args of go " + name + "]", About: about, Run: run}
}

// printOverlay prints the name of the overlay's file.
func printOverlay(_ context.Context, t *term.Terminal, args []string) error {
	fs := cli.Flags(t, "overlay", "", `Prints the name of the file for go's -overlay flag, for those who call go
themselves: go build -overlay=$(stackful overlay). It is made for the go command that
would be used in the current folder.`+"\n"+help)
	if err := cli.Parse(fs, args, false); err != nil {
		return err
	}
	p, err := newPatched(nil, "", nil)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.Out, p.overlay)
	if len(p.env) > 0 {
		fmt.Fprintf(t.Err, "stackful: go does not replace files in its module cache, where this toolchain is: call it by another name\n  env %s %s ...\n",
			strings.Join(p.env, " "), p.tool)
	}
	return nil
}
