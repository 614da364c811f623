package poller

import (
	"net/netip"
	"time"
)

// Go starts f as a task on the named host, which it starts if there is none yet, or if it
// has crashed. Tasks that f starts are on the same host. All other tasks are on the host
// "main". A host has a name, by which it is dialled, an address, see IP, ports, and tasks;
// it shares the memory of the program.
func (s *Sim) Go(host string, f func()) *Task { return (*Task)(s.net.Go(host, f)) }

// IP returns the address of a host: IPv4, from 10.0.0.0/8.
func (s *Sim) IP(host string) netip.Addr { return s.net.IP(host) }

// Crash stops a host, as a loss of power does: its tasks are killed, it sends nothing more,
// its connections and ports are gone, and its peers are not told. Crash waits until the
// tasks have ended, whose deferred calls run, and then panics with ErrKilled if the caller
// is one of them. (Goroutines that wait in package sync, as tasks of a program that stackful build has
// built, cannot be killed, and are left where they wait.) Go starts the host again, without connections. A peer that then sends on
// a lost connection gets ECONNRESET; a peer that only waits, ETIMEDOUT after two minutes.
func (s *Sim) Crash(host string) { s.net.Crash(host) }

// SetLatency sets the range of a packet's latency, which is drawn at random between least
// and most. At first it is 0.5 to 1.5 ms. Packets that have been sent already are not
// affected. It panics unless 0 <= least <= most.
func (s *Sim) SetLatency(least, most time.Duration) { s.net.SetLatency(least, most) }

// SetLoss sets the chance that a UDP datagram is lost, from 0 to 1, and the chance that
// it comes twice; both are 0 at first. (Datagrams may come in another order in any case,
// if latencies differ. TCP segments come all, once, and in order.)
func (s *Sim) SetLoss(lost, doubled float64) { s.net.SetLoss(lost, doubled) }

// Partition cuts two hosts off from each other until Heal: datagrams between them are lost,
// and segments of TCP connections are delayed. If it lasts for two minutes, connections
// between them end with ETIMEDOUT, as dials do.
func (s *Sim) Partition(a, b string) { s.net.Partition(a, b) }

// Heal ends a Partition.
func (s *Sim) Heal(a, b string) { s.net.Heal(a, b) }

// Reset resets all TCP connections between two hosts, as a firewall does that has lost
// its memory: both ends get ECONNRESET.
func (s *Sim) Reset(a, b string) { s.net.Reset(a, b) }
