package a

import (
	"fmt"
	"net"
	"time"
)

func nap() {
	time.Sleep(time.Second) // want `time.Sleep stops the goroutine`
	f := time.Sleep         // want `time.Sleep stops the goroutine`
	f(1)
}

func dial() (net.Conn, error) {
	if l, err := net.Listen("tcp", ":0"); err == nil { // want `net.Listen stops`
		fmt.Println(l)
	}
	c, err := net.DialTimeout("tcp", "localhost:1", time.Second) // want `net.DialTimeout stops`
	if err != nil {
		return net.Dial("tcp", "localhost:2") // want `net.Dial stops`
	}
	var d net.Dialer
	d.Dial("tcp", "localhost:3") // want `Dialer..Dial stops .* use poller.Dialer`
	Sleep()
	return c, err
}

// Sleep is another one.
func Sleep() {}
