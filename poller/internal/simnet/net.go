package simnet

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Net is the network of a simulation: hosts, and the links between them.
// Collections that are iterated over are slices, since the order of a map is not determined.
type Net struct {
	v       *sched.Virtual
	netRand rand.PCG // draws latencies, losses and sizes of segments
	Main    *Host    // the host of tasks that no Go of a Sim has put on one
	hosts   []*Host  // by number
	byName  map[string]*Host
	cuts    map[[2]int]bool // links that are cut, by the numbers of their hosts, the lower first
	Conns   []*Conn         // that can still send or receive a segment; in no order
	made    uint64          // connections so far

	least, most  time.Duration // bounds of the latency
	loss, double float64       // chances that a datagram is lost, or arrives twice
}

const (
	leastLatency = 500 * time.Microsecond

	// MostLatency is the greatest latency of a network whose latency has not been set.
	MostLatency = 1500 * time.Microsecond

	// PeerTimeout is how long a connection, or a dial, lasts without an answer.
	// (Linux gives up a dial after 127 s, and a connection that package net made, by its
	// probes, after 150 s.)
	PeerTimeout = 2 * time.Minute
)

// A Host is a simulated computer: an address, and ports. It exists for as long as the network,
// and may crash and be started again.
type Host struct {
	s         *Net
	name      string
	number    int // index in Net.hosts
	ip        netip.Addr
	isUp      bool
	boots     int                       // how often it was started
	listeners ports[*Listener]          // nil while it is down
	sockets   ports[*PacketConn]        // nil while it is down
	lastPort  uint16                    // the last ephemeral port that was given away
	unixPorts map[string]netip.AddrPort // of Unix sockets, by their names; nil while it is down
	unixNames map[netip.AddrPort]string // the inverse, also of those that are gone
	lastUnix  uint16                    // the last port of them
}

// A place is a host in one of its lives. A task, connection or listener of an earlier life
// is not on the host that was started again.
type place struct {
	host  *Host
	boots int
}

// isUp reports whether p's life has not ended. It is false for the zero place.
func (p place) isUp() bool { return p.host != nil && p.host.isUp && p.host.boots == p.boots }

// placeKey is where a task's locals hold its place, so that tasks inherit it.
type placeKey struct{}

// placeOf returns the place of t, the zero place if it has none.
func placeOf(t *sched.Task) place {
	if x := t.Extra.Load(); x != nil {
		p, _ := x.Locals[placeKey{}].(place)
		return p
	}
	return place{}
}

// Adopt puts t on the host, as it is now. Tasks that t starts inherit its place.
func (host *Host) Adopt(t *sched.Task) {
	x := t.More()
	if x.Locals == nil {
		x.Locals = make(map[any]any)
	}
	x.Locals[placeKey{}] = place{host, host.boots}
}

// New returns the network of the simulation v, with the host "main", which is up.
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

// nameAt returns the names of t and its host, for the trace.
func nameAt(t *sched.Task) string {
	if p := placeOf(t); p.host != nil {
		return t.Name() + "@" + p.host.name
	}
	return t.Name()
}

// host returns the host with the name, and makes it if need be. A new host is down.
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

// start begins a new life of the host, without listeners, sockets and connections.
func (host *Host) start() {
	host.isUp = true
	host.boots++
	host.listeners = make(ports[*Listener])
	host.sockets = make(ports[*PacketConn])
	host.lastPort = firstPort - 1
	host.unixPorts = make(map[string]netip.AddrPort)
	host.unixNames = make(map[netip.AddrPort]string)
	host.lastUnix = 0
}

// hostIP returns the address of the host with the number i: 10.0.0.1 and so on.
func hostIP(i int) netip.Addr {
	i++
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

// byIP is the inverse of hostIP; nil if there is no such host.
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

// known returns the host with the name, and panics if there is none: a misspelt name would
// make a Partition or Crash have no effect, and the test pass.
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
		if !sched.RuntimePatched() {
			t.Join()
		}
		for d := time.Duration(1); isEnding(t); d *= 2 { // a nanosecond lets all run that are ready
			sched.Sleep(d)
		}
	}
	if placeOf(s.v.H.Current) == here {
		panic(sched.ErrKilled)
	}
}

// isEnding reports whether t, which has been killed, will come to its end. It will not while it waits in package sync, for
// a task of the host that the kill has kept from waking it: then it stays where it is.
func isEnding(t *sched.Task) bool {
	return !t.HasEnded.Load() && (t.Fiber == nil || !t.Fiber.IsWaitingInRuntime())
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

// cut cuts the link between two hosts, or heals it.
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

// linkOf returns the key of cuts for the link between x and y.
func linkOf(x, y *Host) [2]int { return [2]int{min(x.number, y.number), max(x.number, y.number)} }

// reaches reports whether a packet from x would arrive at y now.
func (n *Net) reaches(x, y *Host) bool {
	return y.isUp && (x == y || !n.cuts[linkOf(x, y)])
}

// latency draws the latency of a packet.
func (n *Net) latency() time.Duration {
	return n.least + time.Duration(sched.Scale(n.netRand.Uint64(), uint64(n.most-n.least)+1))
}

// happens draws whether an event of the given chance happens. A chance of 0 draws nothing.
func happens(from *rand.PCG, chance float64) bool {
	return chance > 0 && float64(from.Uint64()>>11) < chance*(1<<53)
}

// connsNow returns a copy of Conns, for loops in which it changes.
func (n *Net) connsNow() []*Conn { return append([]*Conn(nil), n.Conns...) }

// changed must be called when a host has been started or has crashed, or a link has been cut
// or healed: connections send again, or begin to time out.
func (n *Net) changed() {
	for _, c := range n.connsNow() {
		c.out.retry()
		c.watchLink()
	}
}

// crashed removes the connections, listeners and sockets of host. The host's tasks have been
// killed; but tasks of other hosts may use its connections too, and their waits end here.
func (n *Net) crashed(host *Host) {
	for _, c := range n.connsNow() {
		if c.host == host {
			c.failWithHost()
		}
	}
	for _, l := range host.listeners.sorted() {
		l.dir.wakeAll(ErrDown)
	}
	for _, c := range host.sockets.sorted() {
		c.rd.wakeAll(ErrDown)
	}
	host.listeners, host.sockets, host.unixPorts = nil, nil, nil
}
