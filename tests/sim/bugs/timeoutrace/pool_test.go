package timeoutrace

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/testkit"
)

// TestPool: all connections come back, whoever gives up waiting.
func TestPool(t *testing.T) {
	const conns = 1
	pool := New(conns)
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			sleep(rand.IntN(40))
			c, err := pool.Get(300 * time.Millisecond)
			if err != nil {
				return
			}
			sleep(1 + rand.IntN(40))
			testkit.Compute()
			pool.Put(c)
		})
	}
	clients.Wait()
	if n := pool.Idle(); n != conns {
		t.Errorf("%d connections of %d are left", n, conns)
	}
}

// sleep sleeps for n hundredths of a second.
func sleep(n int) { time.Sleep(time.Duration(n) * 10 * time.Millisecond) }

func TestPoolSynctest(t *testing.T) { testkit.Synctest(t, TestPool) }
