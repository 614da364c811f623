// Package patch tells whether this program has been built so that a wait of a task parks the
// task, whatever it waits for, as
//
//	go run github.com/stackful-go/stackful/cmd/stackful build ./...
//
// does, and gevent's monkey.patch_all: in channels, select, package sync, time, net, os and all that is
// made of them. Nothing needs to import this package for that: it is for programs that want to be
// sure of it.
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
// Regular files, which always block in the kernel, other system calls, and C code stop
// the whole goroutine with all its tasks: use poller.Await for them. Waits of package sync park
// the task, but Kill and WithTimeout do not end them: the interruption comes at the next wait that can
// be ended. The repository's docs/patch.md says more.
package patch

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// ErrNotPatched is what the errors of Require are.
var ErrNotPatched = errors.New("patch: waits of the standard library do not park tasks in this program")

// Active reports whether waits in package runtime, and so in the standard library, park tasks in this program.
// It does not change while the program runs, once its packages are initialized.
func Active() bool { return sched.RuntimePatched() }

// Require returns nil if Active, and otherwise an error that says why not, and
// how to build the program. errors.Is matches it with ErrNotPatched; and with
// errors.ErrUnsupported if it cannot be had: on other systems than Linux, with the build tags that
// have package poller do without epoll, and in the portable backend of package stackful.
func Require() error {
	if Active() {
		return nil
	}
	return explain(runtimepatch.Found(), runtime.GOOS, stackful.Backend())
}

// explain is Require for a package runtime with the given version of the seam.
func explain(found int, goos string, backend stackful.BackendInfo) error {
	switch {
	case !supported:
		return fmt.Errorf("%w, and cannot on %s, or with the build tag poller_std or poller_poll: %w", ErrNotPatched, goos, errors.ErrUnsupported)
	case found == 0:
		return fmt.Errorf("%w: build it with `stackful build` in place of `go build` (run, test), "+
			"or with `go build -overlay=$(stackful overlay)`", ErrNotPatched)
	case found != runtimepatch.Version:
		return fmt.Errorf("%w: the stackful command that has built it is of another version (%d) than package poller (%d); "+
			"use `go run github.com/stackful-go/stackful/cmd/stackful build`, which takes the one that go.mod names",
			ErrNotPatched, found, runtimepatch.Version)
	}
	return fmt.Errorf("%w, since package stackful uses its portable backend (%s): %w", ErrNotPatched, backend.Reason, errors.ErrUnsupported)
}
