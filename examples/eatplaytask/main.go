// Eatplaytask is gevent's first program: three functions that sleep, at the same
// time, on one goroutine.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/stackful-go/stackful/examples/systems"
)

func main() {
	fast := flag.Bool("fast", false, "a second lasts 50 ms")
	flag.Parse()
	second := time.Second
	if *fast {
		second = 50 * time.Millisecond
	}
	begun := time.Now()
	if err := systems.EatPlayTask(os.Stdout, second); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "in %.1f s, by their clock\n", float64(time.Since(begun))/float64(second))
}
