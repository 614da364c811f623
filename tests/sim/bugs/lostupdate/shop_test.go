package lostupdate

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/testkit"
)

// TestReserve: what the journal says is reserved is missing in the stock.
func TestReserve(t *testing.T) {
	const stock = 100
	shop := Open(map[string]int{"apple": stock})
	var customers sync.WaitGroup
	for range 4 {
		customers.Go(func() {
			time.Sleep(time.Duration(rand.IntN(40)) * 10 * time.Millisecond)
			if err := shop.Reserve("apple", 1+rand.IntN(3)); err != nil {
				t.Error(err)
			}
		})
	}
	customers.Wait()

	reserved := 0
	for _, e := range shop.Close() {
		reserved += e.Count
	}
	if left := shop.Left("apple"); left != stock-reserved {
		t.Errorf("%d apples are left of %d, and %d are reserved", left, stock, reserved)
	}
}

func TestReserveSynctest(t *testing.T) { testkit.Synctest(t, TestReserve) }
