package retry

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/memnet"
	"example.com/bugs/internal/testkit"
)

// TestPayments: no order is charged twice.
func TestPayments(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	paymentsOver(t, l, func(deadline time.Time) (net.Conn, error) {
		return (&net.Dialer{Deadline: deadline}).Dial("tcp4", l.Addr().String())
	})
}

func paymentsOver(t *testing.T, l net.Listener, dial func(time.Time) (net.Conn, error)) {
	server := &Server{Charge: func() { sleep(1 + rand.IntN(100)) }}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(l) })
	defer serving.Wait()
	defer l.Close()

	client := &Client{Dial: dial, Timeout: 105 * time.Millisecond, Attempts: 3}
	var customers sync.WaitGroup
	for i := range 6 {
		customers.Go(func() {
			order := fmt.Sprint("order ", i)
			err := client.Send(order)
			sleep(150) // what is under way ends
			if n := server.Charged(order); n > 1 || n == 0 && err == nil {
				t.Errorf("%s was charged %d times, with error %v", order, n, err)
			}
		})
	}
	customers.Wait()
}

func sleep(ms int) { time.Sleep(time.Duration(ms) * time.Millisecond) }

func TestPaymentsSynctest(t *testing.T) {
	testkit.Synctest(t, func(t *testing.T) {
		l := memnet.Listen()
		paymentsOver(t, l, func(time.Time) (net.Conn, error) { return l.Dial() })
	})
}
