package simnet

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Net is the network of a simulation: hosts, and what lies between any two of them.
// All that is iterated over is in slices, since the order of a map is not determined.
type Net struct {
	v       *sched.Virtual
	netRand rand.PCG
	Main    *Host
	hosts   []*Host
	byName  map[string]*Host
	cuts    map[[2]int]bool // numbers of hosts, the lower first
	Conns   []*Conn         // of which a segment may yet come, or be to arrive
	made    uint64          // connections so far

	least, most  time.Duration // latency
	loss, double float64       // chance of a datagram
}

const (
	leastLatency = 500 * time.Microsecond
	MostLatency  = 1500 * time.Microsecond

	// PeerTimeout is how long a connection, or a dial, lasts that gets no answer.
	// (Linux gives up a dial after 127 s, and a connection that package net made, by its
	// probes, after 150 s.)
	PeerTimeout = 2 * time.Minute
)

// A Host is a computer.
type Host struct {
	s         *Net
	name      string
	number    int
	ip        netip.Addr
	isUp      bool
	boots     int // how often it was started
	listeners map[uint16]*Listener
	sockets   map[uint16]*PacketConn
	lastPort  uint16
}

// A place is the host that a task is on: one that was started before the host
// crashed is not on the host that was started again.
type place struct {
	host  *Host
	boots int
}

// isUp is false for the zero place.
func (p place) isUp() bool { return p.host != nil && p.host.isUp && p.host.boots == p.boots }

// placeKey is where a task's locals hold its place, so that tasks inherit it.
type placeKey struct{}

func placeOf(t *sched.Task) place {
	if x := t.Extra.Load(); x != nil {
		p, _ := x.Locals[placeKey{}].(place)
		return p
	}
	return place{}
}

// Adopt puts t on the host.
func (host *Host) Adopt(t *sched.Task) {
	x := t.More()
	if x.Locals == nil {
		x.Locals = make(map[any]any)
	}
	x.Locals[placeKey{}] = place{host, host.boots}
}

// New returns the network of the simulation v, with the host "main".
func New(v *sched.Virtual) *Net {
	n := &Net{v: v}
	n.netRand.Seed(v.Seed, 2)
	v.NameOf = nameAt
	n.byName = make(map[string]*Host)
	n.cuts = make(map[[2]int]bool)
	n.least, n.most = leastLatency, MostLatency
	n.Main = n.host("main")
	n.Main.start()
	return n
}

// nameAt returns the name of t and its host.
func nameAt(t *sched.Task) string {
	if p := placeOf(t); p.host != nil {
		return t.Name() + "@" + p.host.name
	}
	return t.Name()
}

// host returns the host of that name, which it makes if need be.
func (n *Net) host(name string) *Host {
	host := n.byName[name]
	if host == nil {
		i := len(n.hosts)
		if name == "" || i == 1<<24-2 {
			fault.Usage("no name for a host, or too many of them")
		}
		host = &Host{s: n, name: name, number: i, ip: hostIP(i)}
		n.hosts = append(n.hosts, host)
		n.byName[name] = host
	}
	return host
}

func (host *Host) start() {
	host.isUp = true
	host.boots++
	host.listeners = make(map[uint16]*Listener)
	host.sockets = make(map[uint16]*PacketConn)
	host.lastPort = firstPort - 1
}

// hostIP is 10.0.0.1 and so on.
func hostIP(i int) netip.Addr {
	i++
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

func (n *Net) byIP(ip netip.Addr) *Host {
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
func (s *Net) known(name string) *Host {
	s.v.Inside()
	host := s.byName[name]
	if host == nil {
		fault.Usage("the simulation has no host " + name)
	}
	return host
}

// Go is Sim.Go of package poller.
func (s *Net) Go(host string, f func()) *sched.Task {
	s.v.Inside()
	x := s.host(host)
	t := s.v.H.NewTask(f)
	if s.v.H.Ending.Dying {
		t.End(sched.WasKilled)
		return t
	}
	if !x.isUp {
		x.start()
		s.v.Note(sched.EventChanges, uint64(x.number), "start")
		s.v.Tell("host %s starts at %v", x.name, x.ip)
		s.changed()
	}
	x.Adopt(t)
	s.v.H.MakeReady(t)
	return t
}

// IP is Sim.IP of package poller.
func (s *Net) IP(host string) netip.Addr { return s.known(host).ip }

// Crash is Sim.Crash of package poller.
func (s *Net) Crash(host string) {
	x := s.known(host)
	if !x.isUp {
		return
	}
	here := place{x, x.boots}
	var tasks []*sched.Task
	for _, t := range s.v.H.AllTasks() {
		if placeOf(t) == here && t != s.v.H.Current {
			tasks = append(tasks, t)
		}
	}
	x.isUp = false
	s.v.Note(sched.EventChanges, uint64(x.number), "crash")
	s.v.Tell("host %s crashes", x.name)
	for _, t := range tasks {
		t.KillLocal()
	}
	s.crashed(x)
	s.changed()
	for _, t := range tasks {
		t.Join()
	}
	if placeOf(s.v.H.Current) == here {
		panic(sched.ErrKilled)
	}
}

// SetLatency is Sim.SetLatency of package poller.
func (s *Net) SetLatency(least, most time.Duration) {
	s.v.Inside()
	if least < 0 || most < least {
		fault.Usage("no such latency")
	}
	s.least, s.most = least, most
}

// SetLoss is Sim.SetLoss of package poller.
func (s *Net) SetLoss(lost, doubled float64) {
	s.v.Inside()
	if !(0 <= lost && lost <= 1 && 0 <= doubled && doubled <= 1) {
		fault.Usage("no such chance")
	}
	s.loss, s.double = lost, doubled
}

// Partition is Sim.Partition of package poller.
func (s *Net) Partition(a, b string) { s.cut(a, b, true) }

// Heal is Sim.Heal of package poller.
func (s *Net) Heal(a, b string) { s.cut(a, b, false) }

func (s *Net) cut(a, b string, isCut bool) {
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
	s.v.Note(sched.EventChanges, uint64(x.number)<<32|uint64(y.number), what)
	s.v.Tell("%s %s %s", what, x.name, y.name)
	s.changed()
}

// Reset is Sim.Reset of package poller.
func (s *Net) Reset(a, b string) {
	x, y := s.known(a), s.known(b)
	s.v.Note(sched.EventChanges, uint64(x.number)<<32|uint64(y.number), "reset")
	s.v.Tell("reset %s %s", x.name, y.name)
	for _, c := range s.connsNow() {
		if c.host == x && c.out.toHost == y || c.host == y && c.out.toHost == x {
			c.fail(ErrReset)
		}
	}
}

func linkOf(x, y *Host) [2]int { return [2]int{min(x.number, y.number), max(x.number, y.number)} }

// reaches reports whether a packet from x arrives at y.
func (n *Net) reaches(x, y *Host) bool {
	return y.isUp && (x == y || !n.cuts[linkOf(x, y)])
}

// latency draws how long a packet is under way.
func (n *Net) latency() time.Duration {
	return n.least + time.Duration(sched.Scale(n.netRand.Uint64(), uint64(n.most-n.least)+1))
}

// happens reports whether something of that chance does.
func happens(from *rand.PCG, chance float64) bool {
	return chance > 0 && float64(from.Uint64()>>11) < chance*(1<<53)
}

// connsNow returns a copy of conns, for loops in which it changes.
func (n *Net) connsNow() []*Conn { return append([]*Conn(nil), n.Conns...) }

// changed is called when a host has been started or has crashed, or a cut has been made
// or has healed.
func (n *Net) changed() {
	for _, c := range n.connsNow() {
		c.out.retry()
		c.watchLink()
	}
}

// crashed takes from the network what host had on it. The host's tasks have been killed;
// but others may share its connections.
func (n *Net) crashed(host *Host) {
	for _, c := range n.connsNow() {
		if c.host == host {
			c.failWithHost()
		}
	}
	for _, l := range sortedByPort(host.listeners) {
		l.dir.wakeAll(ErrDown)
	}
	for _, c := range sortedByPort(host.sockets) {
		c.rd.wakeAll(ErrDown)
	}
	host.listeners, host.sockets = nil, nil
}
