package doubleclose

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/testkit"
)

// TestSession: a session ends once, and all lines are in its log.
func TestSession(t *testing.T) {
	var clients sync.WaitGroup
	for range 2 {
		clients.Go(func() {
			s := Open(30 * time.Millisecond)
			lines := 0
			for range 3 {
				sleep(1 + rand.IntN(10))
				if s.Add("line") {
					lines++
				}
			}
			testkit.Compute()
			sleep(20 + rand.IntN(20))
			s.Close()
			<-s.done
			if n := s.Lines(); n != lines {
				t.Errorf("%d lines of %d are in the log", n, lines)
			}
		})
	}
	clients.Wait()
}

func sleep(ms int) { time.Sleep(time.Duration(ms) * time.Millisecond) }

func TestSessionSynctest(t *testing.T) { testkit.Synctest(t, TestSession) }
