package b

import (
	"net"
	"time"
)

func taken() {
	poller := 1
	_ = poller
	time.Sleep(1)         // want `time.Sleep stops`
	net.Listen("tcp", "") // want `net.Listen stops`
}
