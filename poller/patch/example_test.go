package patch_test

import (
	"log"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

// A program that relies on time.Sleep to switch tasks asks for it first.
func ExampleRequire() {
	if err := patch.Require(); err != nil {
		log.Fatal(err) // it says how to build the program
	}
	poller.Run(func() {
		nap := poller.Go(func() { time.Sleep(time.Second) })
		time.Sleep(time.Second) // both sleep at once
		nap.Join()
	})
}
