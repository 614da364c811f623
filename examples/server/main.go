// Server answers lines in upper case: each connection is a task with a loop, and
// all tasks are on one goroutine. Talk to it by program client, or by
//
//	nc 127.0.0.1 8080
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
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	flag.Parse()
	var err error
	runErr := poller.Run(func() { err = serve(*addr) })
	if err = errors.Join(err, runErr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve serves until the program is interrupted.
func serve(addr string) error {
	l, err := poller.Listen("tcp", addr)
	if err != nil {
		return err
	}
	signals, stop := poller.Signals(os.Interrupt)
	defer stop()
	poller.Go(func() {
		signals.Recv()
		l.Close()
	})
	fmt.Println("serving on", l.Addr())
	served, err := systems.Serve(l)
	fmt.Println("connections served:", served)
	return err
}
