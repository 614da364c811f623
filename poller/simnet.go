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
	v      *virtual
	luck   rand.PCG
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
	s         *simNet
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

// newSimNet returns the network of the simulation v, with the host "main".
func newSimNet(v *virtual) *simNet {
	n := &simNet{v: v}
	n.luck.Seed(v.seed, 2)
	v.nameOf = nameAt
	n.byName = make(map[string]*simHost)
	n.cuts = make(map[[2]int]bool)
	n.least, n.most = simLeastLatency, simMostLatency
	n.main = n.host("main")
	n.main.start()
	return n
}

// nameAt returns the name of t and its host.
func nameAt(t *Task) string {
	if p := simPlaceOf(t); p.host != nil {
		return t.Name() + "@" + p.host.name
	}
	return t.Name()
}

// host returns the host of that name, which it makes if need be.
func (n *simNet) host(name string) *simHost {
	host := n.byName[name]
	if host == nil {
		i := len(n.hosts)
		if name == "" || i == 1<<24-2 {
			fault.Usage("no name for a host, or too many of them")
		}
		host = &simHost{s: n, name: name, number: i, ip: simIP(i)}
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
func (s *simNet) known(name string) *simHost {
	s.v.inside()
	host := s.byName[name]
	if host == nil {
		fault.Usage("the simulation has no host " + name)
	}
	return host
}

// Go is Sim.Go of package poller.
func (s *simNet) Go(host string, f func()) *Task {
	s.v.inside()
	x := s.host(host)
	t := s.v.h.newTask(f)
	if s.v.h.ending.dying {
		t.end(wasKilled)
		return t
	}
	if !x.isUp {
		x.start()
		s.v.note(simChanges, uint64(x.number), "start")
		s.v.tell("host %s starts at %v", x.name, x.ip)
		s.changed()
	}
	x.adopt(t)
	s.v.h.makeReady(t)
	return t
}

// IP is Sim.IP of package poller.
func (s *simNet) IP(host string) netip.Addr { return s.known(host).ip }

// Crash is Sim.Crash of package poller.
func (s *simNet) Crash(host string) {
	x := s.known(host)
	if !x.isUp {
		return
	}
	here := simPlace{x, x.boots}
	var tasks []*Task
	for _, t := range s.v.h.allTasks() {
		if simPlaceOf(t) == here && t != s.v.h.current {
			tasks = append(tasks, t)
		}
	}
	x.isUp = false
	s.v.note(simChanges, uint64(x.number), "crash")
	s.v.tell("host %s crashes", x.name)
	for _, t := range tasks {
		t.kill()
	}
	s.crashed(x)
	s.changed()
	for _, t := range tasks {
		t.Join()
	}
	if simPlaceOf(s.v.h.current) == here {
		panic(ErrKilled)
	}
}

// SetLatency is Sim.SetLatency of package poller.
func (s *simNet) SetLatency(least, most time.Duration) {
	s.v.inside()
	if least < 0 || most < least {
		fault.Usage("no such latency")
	}
	s.least, s.most = least, most
}

// SetLoss is Sim.SetLoss of package poller.
func (s *simNet) SetLoss(lost, doubled float64) {
	s.v.inside()
	if !(0 <= lost && lost <= 1 && 0 <= doubled && doubled <= 1) {
		fault.Usage("no such chance")
	}
	s.loss, s.double = lost, doubled
}

// Partition is Sim.Partition of package poller.
func (s *simNet) Partition(a, b string) { s.cut(a, b, true) }

// Heal is Sim.Heal of package poller.
func (s *simNet) Heal(a, b string) { s.cut(a, b, false) }

func (s *simNet) cut(a, b string, isCut bool) {
	x, y := s.known(a), s.known(b)
	if x == y {
		fault.Usage("a host cannot be cut off from itself")
	}
	if s.cuts[linkOf(x, y)] == isCut {
		return
	}
	s.cuts[linkOf(x, y)] = isCut
	what := "partition"
	if !isCut {
		what = "heal"
	}
	s.v.note(simChanges, uint64(x.number)<<32|uint64(y.number), what)
	s.v.tell("%s %s %s", what, x.name, y.name)
	s.changed()
}

// Reset is Sim.Reset of package poller.
func (s *simNet) Reset(a, b string) {
	x, y := s.known(a), s.known(b)
	s.v.note(simChanges, uint64(x.number)<<32|uint64(y.number), "reset")
	s.v.tell("reset %s %s", x.name, y.name)
	for _, c := range s.connsNow() {
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
	return n.least + time.Duration(scale(n.luck.Uint64(), uint64(n.most-n.least)+1))
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
