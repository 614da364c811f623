// Command keys prints a key that a function of init has made.
package main

import (
	"crypto/rand"
	"fmt"
)

var key = rand.Text()

func main() { fmt.Println(key) }
