// Package examples has the programs of its subfolders as functions, for what
// else runs them: stackful demo.
package examples

import (
	"fmt"
	"io"

	"github.com/stackful-go/stackful/coro"
)

// EatAndPlay is greenlet's first program: two functions that pass control to each
// other in the middle.
func EatAndPlay(w io.Writer) {
	scope := coro.NewScope()
	defer scope.Close() // eat is still suspended in its last switch
	var eat, play *coro.Coroutine
	eat = scope.New(func(name any) any {
		fmt.Fprintln(w, name, "is eat1")
		play.Switch(name)
		fmt.Fprintln(w, name, "is eat2")
		return play.Switch(nil)
	})
	play = scope.New(func(name any) any {
		fmt.Fprintln(w, name, "is play1")
		eat.Switch(nil)
		fmt.Fprintln(w, name, "is play2")
		return nil // to the parent: whoever called EatAndPlay
	})
	eat.Switch("alex")
}
