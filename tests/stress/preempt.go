package main

import (
	"math"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// options are those of a Run whose tasks wait in package runtime, and whether they are to have
// priorities. In half of the Runs they are preempted all the time.
func (g *guest) options() (o poller.Options, priorities bool) {
	if !g.preempt || g.rng.IntN(2) == 0 {
		return o, false
	}
	o.Preempt = true
	o.TimeSlice = 50 * time.Microsecond
	return o, g.rng.IntN(2) == 0
}

// compute computes what depends on registers of each kind, twice: it is preempted elsewhere each time.
func (p *patron) compute() {
	seed, n := p.rng.Uint64(), 1000+p.rng.IntN(300_000)
	if a, b := loop(seed, n), loop(seed, n); a != b {
		p.fail("a loop of %d from %#x: %v and %v", n, seed, a, b)
	}
	if left := walk(newChain(int(seed%1000)+1), int(seed%1000)+1); left != 0 {
		p.fail("a chain has lost its end: %d links", left)
	}
	depth := p.rng.IntN(18)
	if a, b := nested(seed, depth), nested(seed, depth); a != b {
		p.fail("closures %d deep from %#x: %#x and %#x", depth, seed, a, b)
	}
}

// A result is what loop has kept in registers.
type result struct {
	a, b, c, d, e, f uint64
	u, v, w, x, y, z float64
}

// loop calls nothing.
func loop(seed uint64, n int) (r result) {
	r = result{seed, seed >> 3, seed ^ 5, ^seed, seed * 7, seed + 9, 1, 1.5, 2, 2.5, 3, 3.5}
	for range n {
		r.a, r.b, r.c = r.b*3+r.c, r.c^r.d, r.d+r.e
		r.d, r.e, r.f = r.e>>1^r.f, r.f*5+r.a, r.a^r.b<<2
		r.u, r.v, r.w = math.Sqrt(r.v+1), r.w*0.75+r.x, r.x-r.y*0.5
		r.x, r.y, r.z = r.y*0.25+r.z, r.z*0.5+r.u, r.u*0.5+r.v*0.125
	}
	return r
}

// nested calls closures, each of which must find its own variables however it is stopped.
func nested(seed uint64, depth int) uint64 {
	f := func() uint64 { return seed }
	if depth == 0 {
		return f()
	}
	var kept [4]uint64
	for i := range kept {
		kept[i] = seed + uint64(i)
	}
	g := func(x uint64) uint64 { return x*kept[depth%4] ^ nested(kept[(depth+1)%4], depth-1) }
	return g(seed) + kept[depth%4]
}

// A link of a chain is garbage as soon as walk has gone on to the next one.
type link struct {
	next *link
	n    int
}

func newChain(n int) (first *link) {
	for i := 1; i <= n; i++ {
		first = &link{first, i}
	}
	return first
}

// walk goes along a chain of n links, with the only reference to the rest of it in a register. It
// returns the number of links that it has not found.
func walk(at *link, n int) int {
	for ; at != nil && at.n == n; at = at.next {
		n--
		for x := at.n + 100; x > 0; x-- {
			n ^= x & 1 << 20
			n ^= x & 1 << 20
		}
	}
	return n
}
