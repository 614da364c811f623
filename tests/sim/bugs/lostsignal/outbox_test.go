package lostsignal

import (
	"math/rand/v2"
	"testing"
	"time"

	"example.com/bugs/internal/testkit"
)

// TestDelivery: a message is delivered soon, also one that comes while another is delivered.
func TestDelivery(t *testing.T) {
	o := NewOutbox(func(string) {
		testkit.Compute()
		sleep(1 + rand.IntN(20))
	})
	defer o.Close()
	for range 2 {
		o.Add("first")
		sleep(1 + rand.IntN(20))
		o.Add("second")
		sleep(100)
		if n := o.Pending(); n != 0 {
			t.Fatalf("%d messages are still not delivered", n)
		}
	}
}

func sleep(ms int) { time.Sleep(time.Duration(ms) * time.Millisecond) }

func TestDeliverySynctest(t *testing.T) { testkit.Synctest(t, TestDelivery) }
