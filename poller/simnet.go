package poller

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// simNet is the network of a simulation: hosts, and what lies between any two of them.
// All that is iterated over is in slices, since the order of a map is not determined.
type simNet struct {
	s      *Sim
	main   *simHost
	hosts  []*simHost
	byName map[string]*simHost
	cuts   map[[2]int]bool // numbers of hosts, the lower first
	conns  []*simConn      // of which a segment may yet come, or be to arrive
	made   uint64          // connections so far

	least, most  time.Duration // latency
	loss, double float64       // chance of a datagram
}

const (
	simLeastLatency = 500 * time.Microsecond
	simMostLatency  = 1500 * time.Microsecond

	// simPatience is how long a connection, or a dial, lasts that gets no answer.
	// (Linux gives up a dial after 127 s, and a connection that package net made, by its
	// probes, after 150 s.)
	simPatience = 2 * time.Minute
)

// A simHost is a computer.
type simHost struct {
	s         *Sim
	name      string
	number    int
	ip        netip.Addr
	isUp      bool
	boots     int // how often it was started
	listeners map[uint16]*simListener
	sockets   map[uint16]*simPacketConn
	lastPort  uint16
}

// A simPlace is the host that a task is on: one that was started before the host
// crashed is not on the host that was started again.
type simPlace struct {
	host  *simHost
	boots int
}

// isUp is false for the zero simPlace.
func (p simPlace) isUp() bool { return p.host != nil && p.host.isUp && p.host.boots == p.boots }

// simPlaceKey is where a task's locals hold its simPlace, so that tasks inherit it.
type simPlaceKey struct{}

func simPlaceOf(t *Task) simPlace {
	if x := t.extra.Load(); x != nil {
		p, _ := x.locals[simPlaceKey{}].(simPlace)
		return p
	}
	return simPlace{}
}

// adopt puts t on the host.
func (host *simHost) adopt(t *Task) {
	x := t.more()
	if x.locals == nil {
		x.locals = make(map[any]any)
	}
	x.locals[simPlaceKey{}] = simPlace{host, host.boots}
}

func (n *simNet) init(s *Sim) {
	n.s = s
	n.byName = make(map[string]*simHost)
	n.cuts = make(map[[2]int]bool)
	n.least, n.most = simLeastLatency, simMostLatency
	n.main = n.host("main")
	n.main.start()
}

// host returns the host of that name, which it makes if need be.
func (n *simNet) host(name string) *simHost {
	host := n.byName[name]
	if host == nil {
		i := len(n.hosts)
		if name == "" || i == 1<<24-2 {
			fault.Usage("no name for a host, or too many of them")
		}
		host = &simHost{s: n.s, name: name, number: i, ip: simIP(i)}
		n.hosts = append(n.hosts, host)
		n.byName[name] = host
	}
	return host
}

func (host *simHost) start() {
	host.isUp = true
	host.boots++
	host.listeners = make(map[uint16]*simListener)
	host.sockets = make(map[uint16]*simPacketConn)
	host.lastPort = simFirstPort - 1
}

// simIP is 10.0.0.1 and so on.
func simIP(i int) netip.Addr {
	i++
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

func (n *simNet) byIP(ip netip.Addr) *simHost {
	if !ip.Is4() || ip.As4()[0] != 10 {
		return nil
	}
	b := ip.As4()
	i := int(b[1])<<16 + int(b[2])<<8 + int(b[3]) - 1
	if i < 0 || i >= len(n.hosts) {
		return nil
	}
	return n.hosts[i]
}

// known returns a host, and panics if there is none of that name: it is a slip of the
// pen, and nothing would be cut off, or crash.
func (s *Sim) known(name string) *simHost {
	s.inside()
	host := s.net.byName[name]
	if host == nil {
		fault.Usage("the simulation has no host " + name)
	}
	return host
}

// Go starts f as a task on the named host, which it starts if there is none yet, or if
// it has crashed. Tasks that f starts are on the same host. What is not on another one
// is on the host "main". A host has a name, by which it is dialled, an address, see IP,
// ports, and tasks; it shares the memory of the program.
func (s *Sim) Go(host string, f func()) *Task {
	s.inside()
	x := s.net.host(host)
	t := s.h.newTask(f)
	if s.h.ending.dying {
		t.end(wasKilled)
		return t
	}
	if !x.isUp {
		x.start()
		s.note(simChanges, uint64(x.number), "start")
		s.tell("host %s starts at %v", x.name, x.ip)
		s.net.changed()
	}
	x.adopt(t)
	s.h.makeReady(t)
	return t
}

// IP returns the address of a host: IPv4, from 10.0.0.0/8.
func (s *Sim) IP(host string) netip.Addr { return s.known(host).ip }

// Crash stops a host, as a loss of power does: its tasks are killed, nothing more
// leaves it, its connections and ports are gone, and nobody is told. Crash waits until
// the tasks have ended, whose deferred calls run, and then panics with ErrKilled if the
// caller is one of them. Go starts the host again, without connections. Who then sends
// to what is gone gets ECONNRESET; who only waits, ETIMEDOUT after two minutes.
func (s *Sim) Crash(host string) {
	x := s.known(host)
	if !x.isUp {
		return
	}
	here := simPlace{x, x.boots}
	var tasks []*Task
	for _, t := range s.h.allTasks() {
		if simPlaceOf(t) == here && t != s.h.current {
			tasks = append(tasks, t)
		}
	}
	x.isUp = false
	s.note(simChanges, uint64(x.number), "crash")
	s.tell("host %s crashes", x.name)
	for _, t := range tasks {
		t.kill()
	}
	s.net.crashed(x)
	s.net.changed()
	for _, t := range tasks {
		t.Join()
	}
	if simPlaceOf(s.h.current) == here {
		panic(ErrKilled)
	}
}

// SetLatency sets how long a packet is under way: between least and most, as chance has
// it. At first it is 0.5 to 1.5 ms. What is under way already is not affected. It panics
// unless 0 <= least <= most.
func (s *Sim) SetLatency(least, most time.Duration) {
	s.inside()
	if least < 0 || most < least {
		fault.Usage("no such latency")
	}
	s.net.least, s.net.most = least, most
}

// SetLoss sets the chance that a UDP datagram is lost, from 0 to 1, and the chance that
// it comes twice; both are 0 at first. (Datagrams may come in another order in any case,
// if latencies differ. TCP segments come all, once, and in order.)
func (s *Sim) SetLoss(lost, doubled float64) {
	s.inside()
	if !(0 <= lost && lost <= 1 && 0 <= doubled && doubled <= 1) {
		fault.Usage("no such chance")
	}
	s.net.loss, s.net.double = lost, doubled
}

// Partition cuts two hosts off from each other until Heal: datagrams between them are
// lost, and what a TCP connection sends is held back. If it lasts for two minutes,
// connections between them end with ETIMEDOUT, as dials do.
func (s *Sim) Partition(a, b string) { s.cut(a, b, true) }

// Heal ends a Partition.
func (s *Sim) Heal(a, b string) { s.cut(a, b, false) }

func (s *Sim) cut(a, b string, isCut bool) {
	x, y := s.known(a), s.known(b)
	if x == y {
		fault.Usage("a host cannot be cut off from itself")
	}
	if s.net.cuts[linkOf(x, y)] == isCut {
		return
	}
	s.net.cuts[linkOf(x, y)] = isCut
	what := "partition"
	if !isCut {
		what = "heal"
	}
	s.note(simChanges, uint64(x.number)<<32|uint64(y.number), what)
	s.tell("%s %s %s", what, x.name, y.name)
	s.net.changed()
}

// Reset resets all TCP connections between two hosts, as a firewall does that has lost
// its memory: both ends get ECONNRESET.
func (s *Sim) Reset(a, b string) {
	x, y := s.known(a), s.known(b)
	s.note(simChanges, uint64(x.number)<<32|uint64(y.number), "reset")
	s.tell("reset %s %s", x.name, y.name)
	for _, c := range s.net.connsNow() {
		if c.host == x && c.out.toHost == y || c.host == y && c.out.toHost == x {
			c.fail(errSimReset)
		}
	}
}

func linkOf(x, y *simHost) [2]int { return [2]int{min(x.number, y.number), max(x.number, y.number)} }

// reaches reports whether a packet from x arrives at y.
func (n *simNet) reaches(x, y *simHost) bool {
	return y.isUp && (x == y || !n.cuts[linkOf(x, y)])
}

// latency draws how long a packet is under way.
func (n *simNet) latency() time.Duration {
	return n.least + time.Duration(scale(n.s.luck.Uint64(), uint64(n.most-n.least)+1))
}

// happens reports whether something of that chance does.
func happens(from *rand.PCG, chance float64) bool {
	return chance > 0 && float64(from.Uint64()>>11) < chance*(1<<53)
}

// connsNow returns a copy of conns, for loops in which it changes.
func (n *simNet) connsNow() []*simConn { return append([]*simConn(nil), n.conns...) }

// changed is called when a host has been started or has crashed, or a cut has been made
// or has healed.
func (n *simNet) changed() {
	for _, c := range n.connsNow() {
		c.out.retry()
		c.watchLink()
	}
}

// crashed takes from the network what host had on it. The host's tasks have been killed;
// but others may share its connections.
func (n *simNet) crashed(host *simHost) {
	for _, c := range n.connsNow() {
		if c.host == host {
			c.vanish()
		}
	}
	for _, l := range sortedByPort(host.listeners) {
		l.side.wakeAll(errSimDown)
	}
	for _, c := range sortedByPort(host.sockets) {
		c.rd.wakeAll(errSimDown)
	}
	host.listeners, host.sockets = nil, nil
}
