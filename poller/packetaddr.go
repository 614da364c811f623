package poller

import "sync"

// packetAddrs has the packetAddrs that no call uses. One on the stack would not do: the system
// calls are called through a variable, so it would escape, and a parked reader's stack has
// no room for one. A call that is interrupted drops its own.
var packetAddrs sync.Pool

func newPacketAddr() *packetAddr {
	if a, ok := packetAddrs.Get().(*packetAddr); ok {
		return a
	}
	return new(packetAddr)
}

func freePacketAddr(a *packetAddr) {
	*a = packetAddr{}
	packetAddrs.Put(a)
}
