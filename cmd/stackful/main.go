// Command stackful shows what this module does, measures it, and checks that it
// holds on the machine at hand.
//
//	stackful demo [name]   small programs that switch between coroutines
//	stackful echo          a TCP server on one goroutine, and its clients
//	stackful bench         costs beside those of goroutines, channels and iter.Pull
//	stackful build         go build, run or test with a package runtime whose waits park
//	stackful run           tasks; see docs/patch.md
//	stackful test          likewise vet, install and list; with -tasks, whole programs as tasks;
//	                       test -sim runs each test in simulations
//	stackful overlay       the name of the file for go's -overlay flag
//	stackful fix           how to rewrite calls of time and net to those of package poller
//	stackful doctor        which backend runs here and why, and a self-test
//	stackful version       the module's version, the Go release, and the backend
//
// It exits with 0 if all went well, with 1 if something failed or did not hold,
// with 2 if it was called in a way that it does not understand, and with 130 if it
// was interrupted.
//
// Each subcommand is a package below internal; here is the table that names them. Read on in
// internal/cli for how they are run, or in the package of a subcommand. layers_test.go lists
// the packages and which may import which.
package main

import (
	"os"
	"slices"

	"github.com/stackful-go/stackful/cmd/stackful/internal/bench"
	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/demo"
	"github.com/stackful-go/stackful/cmd/stackful/internal/doctor"
	"github.com/stackful-go/stackful/cmd/stackful/internal/echo"
	"github.com/stackful-go/stackful/cmd/stackful/internal/patch"
	"github.com/stackful-go/stackful/cmd/stackful/internal/selftest"
)

var program = cli.Program{
	Head: "stackful: stackful coroutines inside one goroutine, shown, measured and checked.",
	Tail: "stackful help <subcommand> tells more. From a clone: go run ./cmd/stackful echo",
	Commands: []cli.Command{
		demo.Command,
		echo.Command,
		bench.Command,
		patch.Build,
		patch.Run,
		patch.Test,
		patch.Vet,
		patch.Install,
		patch.List,
		fix,
		patch.Overlay,
		doctor.Command,
		version,
	},
	Children: slices.Concat(echo.Children, bench.Children, []cli.Command{selftest.Command}),
}

func main() { os.Exit(program.Main()) }
