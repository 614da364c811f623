// Client is 500 clients of program server at once: each is a task that sends
// requests in a loop and checks the replies.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/stackful-go/stackful/examples/systems"
	"github.com/stackful-go/stackful/poller"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` of the server")
	n := flag.Int("n", 500, "`clients` at once")
	requests := flag.Int("requests", 1000, "`requests` of each")
	flag.Parse()
	var replies int
	var err error
	runErr := poller.Run(func() { replies, err = systems.Clients(*addr, *n, *requests) })
	fmt.Println("replies, all as they should be:", replies)
	if err = errors.Join(err, runErr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
