// Producer compares ways to join a producer and a consumer: in series, where the
// consumer starts when the producer has made everything; and in turns, where each
// item is consumed as soon as it is made, by yield and send, or by goroutines. Its
// code is in the folder above.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/stackful-go/stackful/examples"
)

func main() {
	n := flag.Int("n", 1_000_000, "number of items")
	flag.Parse()
	if err := examples.ProduceAndConsume(os.Stdout, *n); err != nil {
		fmt.Fprintln(os.Stderr, "producer:", err)
		os.Exit(1)
	}
}
