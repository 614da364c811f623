// Package patch tells whether this program has been built so that a wait in package
// runtime, for a channel, a lock or a connection, parks the task that makes it, as
//
//	go run github.com/stackful-go/stackful/cmd/stackful build ./...
//
// does, and gevent's monkey.patch_all. Nothing needs to import this package for
// that: it is for programs that want to be sure of it.
//
//	func main() {
//		if err := patch.Require(); err != nil {
//			log.Fatal(err)
//		}
//		poller.Run(func() {
//			poller.Go(func() { time.Sleep(time.Second) }) // other tasks run meanwhile
//			...
//
// # What still blocks
//
// Regular files and other system calls that block in the kernel, and C code, stop the
// whole goroutine with all its tasks: call them in poller.Await. The repository's
// docs/patch.md says more.
package patch

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// ErrNotPatched is what the errors of Require are.
var ErrNotPatched = errors.New("patch: this program's standard library does not switch tasks")

// Active reports whether the standard library's calls park tasks in this program.
// It does not change while the program runs, once its packages are initialized.
func Active() bool { return sched.RuntimePatched() }

// Require returns nil if Active, and otherwise an error that says why not, and
// how to build the program. errors.Is matches it with ErrNotPatched; and with
// errors.ErrUnsupported if it cannot be had on this platform.
func Require() error {
	if Active() {
		return nil
	}
	return explain(runtimepatch.Found(), runtime.GOOS)
}

// explain is Require for a standard library with the given version of the seam.
func explain(found int, goos string) error {
	switch {
	case !supported:
		return fmt.Errorf("%w, and cannot on %s: %w", ErrNotPatched, goos, errors.ErrUnsupported)
	case found == 0:
		return fmt.Errorf("%w: build it with `stackful build` in place of `go build` (run, test), "+
			"or with `go build -overlay=$(stackful overlay)`", ErrNotPatched)
	case found != runtimepatch.Version:
		return fmt.Errorf("%w: the stackful command that has built it is of another version (%d) than package poller (%d); "+
			"use `go run github.com/stackful-go/stackful/cmd/stackful build`, which takes the one that go.mod names",
			ErrNotPatched, found, runtimepatch.Version)
	}
	return fmt.Errorf("%w, since package poller is not part of it: nothing in it can run tasks", ErrNotPatched)
}
