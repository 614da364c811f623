// Backend prints which backend runs and why, and whether it works.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller"
)

func main() {
	b := stackful.Backend()
	fmt.Printf("native %v: %s\n", b.Native, b.Reason)
	parent := coro.Current()
	sum := 0
	var all []*coro.Coroutine
	for range 10 {
		all = append(all, coro.New(func(v any) any {
			for range 10 {
				sum += v.(int)
				runtime.GC()
				v = parent.Switch(nil)
			}
			return nil
		}))
	}
	for range 11 {
		for _, c := range all {
			c.Switch(1)
		}
	}
	if fmt.Println("sum", sum); sum != 100 {
		os.Exit(1)
	}
	for range 2 { // a portable one says so at the first Run
		if err := poller.Run(poller.Yield); err != nil {
			fmt.Println("Run:", err)
			os.Exit(1)
		}
	}
	fmt.Println("RequireNative:", poller.Options{RequireNative: true}.Run(poller.Yield))
}
