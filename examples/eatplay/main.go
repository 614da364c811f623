// Eatplay is greenlet's first program: two functions that pass control to each
// other in the middle. Its code is in the folder above.
package main

import (
	"os"

	"github.com/stackful-go/stackful/examples"
)

func main() { examples.EatAndPlay(os.Stdout) }
