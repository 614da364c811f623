// Package election has a test of elections in a cluster of five nodes of hashicorp/raft, whose transport is in
// memory. It is ordinary code with ordinary timers. See measure.sh.
package election

import (
	"fmt"
	"io"
	"os"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// A node is one of the cluster.
type node struct {
	*raft.Raft
	id        raft.ServerID
	transport *raft.InmemTransport
}

// nothing is a state machine without a state.
type nothing struct{}

func (nothing) Apply(*raft.Log) any                 { return nil }
func (nothing) Snapshot() (raft.FSMSnapshot, error) { return nil, raft.ErrNothingNewToSnapshot }
func (nothing) Restore(r io.ReadCloser) error       { return r.Close() }

// leaders are those of each term that have been seen.
type leaders struct {
	mu     sync.Mutex
	byTerm map[uint64]raft.ServerID
}

// note fails the test if the term has had another leader.
func (l *leaders) note(t *testing.T, term uint64, id raft.ServerID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if other, ok := l.byTerm[term]; ok && other != id {
		t.Errorf("term %d has two leaders, %s and %s", term, other, id)
	}
	l.byTerm[term] = id
}

// start starts a cluster of n nodes.
func start(t *testing.T, n int) []*node {
	t.Helper()
	var nodes []*node
	var configuration raft.Configuration
	for i := range n {
		id := raft.ServerID(fmt.Sprint("node", i))
		address, transport := raft.NewInmemTransport("")
		nodes = append(nodes, &node{id: id, transport: transport})
		configuration.Servers = append(configuration.Servers, raft.Server{ID: id, Address: address})
	}
	for _, a := range nodes {
		for _, b := range nodes {
			a.transport.Connect(b.transport.LocalAddr(), b.transport)
		}
	}
	for _, one := range nodes {
		c := raft.DefaultConfig()
		c.LocalID = one.id
		c.HeartbeatTimeout, c.ElectionTimeout = 200*time.Millisecond, 200*time.Millisecond
		c.LeaderLeaseTimeout, c.CommitTimeout = 100*time.Millisecond, 20*time.Millisecond
		c.LogOutput = io.Discard
		store := raft.NewInmemStore()
		snapshots := raft.NewInmemSnapshotStore()
		if err := raft.BootstrapCluster(c, store, store, snapshots, one.transport, configuration); err != nil {
			t.Fatal(err)
		}
		r, err := raft.NewRaft(c, nothing{}, store, store, snapshots, one.transport)
		if err != nil {
			t.Fatal(err)
		}
		one.Raft = r
	}
	return nodes
}

// leader waits until one of the nodes is the leader.
func leader(t *testing.T, nodes []*node, seen *leaders) *node {
	t.Helper()
	for range 1000 {
		for _, one := range nodes {
			if one.State() == raft.Leader {
				seen.note(t, one.CurrentTerm(), one.id)
				return one
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("there is no leader after 10 s")
	return nil
}

// elect has a cluster elect a leader, cuts it off, and has the others elect another one.
func elect(t *testing.T) {
	seen := &leaders{byTerm: make(map[uint64]raft.ServerID)}
	nodes := start(t, 5)
	first := leader(t, nodes, seen)
	if err := first.Apply([]byte("a command"), time.Second).Error(); err != nil {
		t.Log("the leader has been replaced:", err)
	}
	first.transport.DisconnectAll()
	var others []*node
	for _, one := range nodes {
		if one != first {
			one.transport.Disconnect(first.transport.LocalAddr())
			others = append(others, one)
		}
	}
	leader(t, others, seen)
	var ends []raft.Future
	for _, one := range nodes {
		ends = append(ends, one.Shutdown())
	}
	for _, end := range ends {
		if err := end.Error(); err != nil {
			t.Error(err)
		}
	}
}

// TestElection is one election after another, as many as the environment variable ELECTIONS says, by default one.
func TestElection(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("ELECTIONS"))
	if err != nil {
		n = 1
	}
	begin := starts()
	for range n {
		elect(t)
	}
	t.Logf("starts of goroutines: about %d", starts()-begin)
}

// starts returns how often a goroutine has begun to run, roughly: the runtime notes each eighth time.
func starts() uint64 {
	s := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(s)
	total := uint64(0)
	for _, n := range s[0].Value.Float64Histogram().Counts {
		total += n
	}
	return 8 * total
}
