package usecancelled

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/testkit"
)

// TestGet: an answer is that to the request.
func TestGet(t *testing.T) {
	client := NewClient(1, func() *Conn {
		return NewConn(func(key string) string {
			sleep(1 + rand.IntN(20))
			testkit.Compute()
			return "value of " + key
		})
	})
	defer sleep(50) // connections that were closed have ended
	defer client.Close()
	var users sync.WaitGroup
	for i := range 12 {
		users.Go(func() {
			key := fmt.Sprint("key ", i)
			sleep(rand.IntN(60))
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			value, err := client.Get(ctx, key)
			if err == nil && value != "value of "+key {
				t.Errorf("the answer to %q is %q", key, value)
			}
		})
	}
	users.Wait()
}

// sleep sleeps for n hundredths of a second.
func sleep(n int) { time.Sleep(time.Duration(n) * 10 * time.Millisecond) }

func TestGetSynctest(t *testing.T) { testkit.Synctest(t, TestGet) }
