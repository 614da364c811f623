package lockorder

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/testkit"
)

// TestTransfer: transfers end, and no money is lost or made.
func TestTransfer(t *testing.T) {
	bank := Open(100, 100, 100)
	testkit.Within(t, 5*time.Second, func() {
		var customers sync.WaitGroup
		for range 4 {
			customers.Go(func() {
				for range 3 {
					time.Sleep(time.Duration(1+rand.IntN(20)) * time.Millisecond)
					bank.Transfer(rand.IntN(3), rand.IntN(3), 1+rand.IntN(50))
				}
			})
		}
		customers.Wait()
	})
	if total := bank.Total(); total != 300 {
		t.Errorf("the bank has %d", total)
	}
}

func TestTransferSynctest(t *testing.T) { testkit.Synctest(t, TestTransfer) }
