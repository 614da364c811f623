//go:build linux && !poller_std

package poller

import (
	"sync"
	"testing"

	"github.com/stackful-go/stackful"
)

// The g of a carrier that has ended is an ordinary goroutine's afterwards: nothing of the waits
// that it carried is left in it.
func TestPatched_carriersEnd(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	defer stackful.SetIdleLimit(stackful.SetIdleLimit(0)) // free carriers end at once
	const n = 200
	for range 5 {
		needNil(t, Run(func() {
			c, never := make(chan int), make(chan int)
			var g Group
			for range n {
				g.Go(func() error {
					select {
					case <-c:
					case <-never:
					}
					return nil
				})
			}
			untilInRuntime(n)
			for range n {
				c <- 1
			}
			needNil(t, g.Join())
		}))
		var all sync.WaitGroup
		c, never := make(chan int), make(chan int)
		for range 4 * n {
			all.Go(func() {
				select {
				case <-c:
				case <-never:
				}
			})
		}
		for range 4 * n {
			c <- 1
		}
		all.Wait()
	}
}
