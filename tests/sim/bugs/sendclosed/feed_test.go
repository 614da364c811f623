package sendclosed

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/testkit"
)

// TestFeed: who listens misses nothing, and may leave at any time.
func TestFeed(t *testing.T) {
	var feed Feed
	var listeners sync.WaitGroup
	for range 3 {
		c := feed.Subscribe()
		leave := time.After(time.Duration(1+rand.IntN(60)) * 10 * time.Millisecond)
		listeners.Go(func() {
			for {
				select {
				case <-c:
				case <-leave:
					feed.Leave(c)
					return
				}
			}
		})
	}
	for i := range 5 {
		time.Sleep(time.Duration(1+rand.IntN(20)) * 10 * time.Millisecond)
		feed.Publish(fmt.Sprint("message ", i))
	}
	listeners.Wait()
	if n := feed.Dropped(); n != 0 {
		t.Errorf("%d messages were dropped", n)
	}
}

func TestFeedSynctest(t *testing.T) { testkit.Synctest(t, TestFeed) }
