// Eatplay is greenlet's first program: two functions that pass control to each
// other in the middle.
package main

import (
	"fmt"

	"github.com/stackful-go/stackful/coro"
)

var eater, player *coro.Coroutine

func eat(name any) any {
	fmt.Println(name, "is eat1")
	player.Switch(name)
	fmt.Println(name, "is eat2")
	return player.Switch(nil)
}

func play(name any) any {
	fmt.Println(name, "is play1")
	eater.Switch(nil)
	fmt.Println(name, "is play2")
	return nil // to the parent: main
}

func main() {
	scope := coro.NewScope()
	defer scope.Close() // eat is still suspended in its last switch
	eater, player = scope.New(eat), scope.New(play)
	eater.Switch("alex")
}
