package reorder

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"example.com/bugs/internal/memnet"
	"example.com/bugs/internal/testkit"
)

// TestGauge: the server knows the last value once all reports have arrived.
func TestGauge(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gaugeOver(t, conn, func() (net.Conn, error) { return net.Dial("udp4", conn.LocalAddr().String()) })
}

func gaugeOver(t *testing.T, conn net.PacketConn, dial func() (net.Conn, error)) {
	var server Server
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(conn) })
	defer serving.Wait()
	defer conn.Close()

	c, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reporter := NewReporter(c, "temperature")
	const reports = 5
	for i := range reports {
		time.Sleep(time.Duration(1+rand.IntN(5)) * 500 * time.Microsecond)
		if err := reporter.Set(i); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		value, n := server.Value("temperature")
		if n == reports {
			if value != reports-1 {
				t.Errorf("the value is %d, not %d", value, reports-1)
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Log("a report was lost, which may be")
}

func TestGaugeSynctest(t *testing.T) {
	testkit.Synctest(t, func(t *testing.T) {
		conn := memnet.ListenPacket()
		gaugeOver(t, conn, conn.Dial)
	})
}
