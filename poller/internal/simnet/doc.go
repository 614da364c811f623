// Package simnet is the network of a simulation: hosts, the links between them, TCP
// connections, listeners and UDP sockets, in memory. Time is the simulation's clock, and all
// random choices are drawn from its seed.
//
// It stands on packages sched (Virtual is the simulation's scheduler) and fault. Package poller
// checks the settings of a Dialer or ListenConfig, and wraps the errors.
//
// All of a network belongs to the goroutine of the simulation's hub, and needs no locks. A
// function that another goroutine calls returns an error or panics (Net.enter, Virtual.Inside).
// Every choice must be the same in each run with the same seed: so maps are not iterated over,
// and draws are made from Net.netRand in a fixed order.
//
// A packet is a timer: it is armed with a drawn latency when the packet is sent, and its Expire
// is the arrival, unless the link is cut or the host down at that moment.
//
// Read on in net.go: hosts and links; then
//
//	path.go        the segments under way in one direction of a TCP connection
//	conn.go        one end of a TCP connection
//	dial.go        the caller's host, the handshake
//	listener.go    listeners and their queues
//	packetconn.go  UDP
//	direction.go   turns, waits and deadlines of a direction
//	addr.go        addresses, names and ports of a host
//	errno*.go      the errors
//
// and for the sockets of package net in a patched program, see package netpatch:
//
//	std.go         what package net calls
//	stdsocket.go   a socket as package net sees it
//	stdunix.go     Unix sockets
package simnet
