//go:build linux && !poller_std

package poller

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// The background goroutine ends with the last descriptor, however its end and the
// goroutine's look at what there is fall together; and also if a descriptor turns out
// not to be one that can be watched.
func TestBackground_ends(t *testing.T) {
	regular, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	rounds := 2000
	if testing.Short() {
		rounds = 300
	}
	for range rounds {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				l, err := ListenPacket("unixgram", "")
				if err != nil {
					t.Error(err)
					return
				}
				l.Close()
				f, err := NewFile(regular)
				if err != nil {
					t.Error(err)
					return
				}
				f.Close()
			})
		}
		wg.Wait()
		awaitBackgroundEnd(t)
	}
}

func awaitBackgroundEnd(t *testing.T) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Microsecond) {
		sched.Background.Mu.Lock()
		running := sched.Background.Running
		sched.Background.Mu.Unlock()
		if !running {
			return
		}
		if time.Since(start) > 20*time.Second {
			t.Fatal("the background goroutine waits for nothing")
		}
	}
}
