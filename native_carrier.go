package stackful

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// A carrier is a goroutine that parks itself for ever and lends its stack. It
// is known by the address of its g, which the runtime never frees, and by
// nothing else: stacks permute among carriers, and a carrier is only the slot
// that a suspended stack happens to be in.
//
// A carrier that is free holds a stack in the fresh state: nothing on it but
// the return address that ends a goroutine, so that resuming it enters the
// trampoline at the bottom of the stack.

const (
	carrierBatch     = 64 // carriers made at once
	cacheSlots       = 16 // free carriers that an owner keeps
	defaultIdleLimit = 2048
)

// carrierCache holds free carriers of one owner; only its goroutine uses it, on whichever stack, which the race
// detector takes for many goroutines. So its methods are hidden from it; reads alone need not be.
// It is not part of the owner so that it outlives it by a moment, to be flushed.
type carrierCache struct {
	n     uint64 // used by the assembly
	slots [cacheSlots]uintptr
	grown grownStacks
}

// flush gives all carriers back to the pool.
//
//go:norace
func (c *carrierCache) flush() {
	c.giveBack(int(c.n))
	pool.put(c.grown.take())
}

// giveBack gives n carriers back to the pool.
//
//go:norace
func (c *carrierCache) giveBack(n int) {
	c.n -= uint64(n)
	pool.put(c.slots[c.n : int(c.n)+n])
}

// refill gets some carriers from the pool, at least one.
//
//go:norace
func (c *carrierCache) refill() {
	c.endDropped()
	for c.n == 0 {
		c.n = uint64(pool.get(c.slots[:cacheSlots/2]))
		c.dropGrown()
	}
}

// dropGrown drops the free carriers at hand whose stacks have grown, if it is not too early for that.
//
//go:noinline
//go:norace
func (c *carrierCache) dropGrown() {
	d := &c.grown
	if d.skips > 0 {
		d.skips--
		return
	}
	for i := c.n; i > 0; i-- {
		if !hasGrown(&c.slots[i-1]) {
			continue
		}
		if !d.mayDrop(time.Duration(nanotime()), carriers.live()) {
			d.skips = dropSkips
			return
		}
		if d.full() {
			c.endDropped()
		}
		d.drop(c.slots[i-1])
		c.n--
		for j := i - 1; j < c.n; j++ { // copy would be seen by the race detector
			c.slots[j] = c.slots[j+1]
		}
	}
}

// endDropped ends the carriers that dropGrown has dropped.
//
//go:norace
func (c *carrierCache) endDropped() {
	for _, g := range c.grown.take() {
		carrierEnd(g)
	}
}

// pool holds the free carriers that no owner has.
var pool carrierPool

type carrierPool struct {
	mu    runtimepatch.Mutex
	idle  []uintptr
	limit int
	least int // the least length of idle since the last trim

	factoryMu runtimepatch.Mutex // held while the factory works for a caller of grow
	wanted    chan int
	made      chan []uintptr
}

// get fills some of slots, at least one, and returns how many.
func (p *carrierPool) get(slots []uintptr) int {
	for {
		p.mu.Lock()
		n := copy(slots, p.idle[max(0, len(p.idle)-len(slots)):])
		p.idle = p.idle[:len(p.idle)-n]
		p.least = min(p.least, len(p.idle))
		p.mu.Unlock()
		if n > 0 {
			return n
		}
		p.grow(carrierBatch)
	}
}

// grow has the factory make n carriers, and waits for them. Other callers may have taken
// all of them when it returns.
func (p *carrierPool) grow(n int) {
	p.factoryMu.Lock()
	defer p.factoryMu.Unlock()
	p.mu.Lock()
	enough := len(p.idle) > 0 // another caller had some made
	p.mu.Unlock()
	if enough {
		return
	}
	runtimepatch.Block()
	p.wanted <- n
	fresh := <-p.made
	runtimepatch.Unblock()
	carriers.add(fresh)
	p.mu.Lock()
	p.idle = append(p.idle, fresh...)
	p.mu.Unlock()
}

// put adds carriers to the pool, and ends those that are beyond its limit.
func (p *carrierPool) put(slots []uintptr) {
	p.mu.Lock()
	room := min(max(0, p.limit-len(p.idle)), len(slots))
	p.idle = append(p.idle, slots[:room]...)
	p.mu.Unlock()
	for _, g := range slots[room:] {
		carrierEnd(g)
	}
}

// trim is called after each cycle of the collector: it ends the carriers that nobody has wanted since the call
// before, so that their memory goes back, and the collector need not scan them. It reports whether there are
// more. (Of goroutines that have ended the runtime keeps no stack for longer, either; and the stacks of a few
// would keep as many spans.)
func (p *carrierPool) trim() (more bool) {
	p.mu.Lock()
	surplus := slices.Clone(p.idle[:p.least]) // get takes the others first
	p.idle = slices.Delete(p.idle, 0, p.least)
	p.least = len(p.idle)
	more = p.least > 0
	p.mu.Unlock()
	endAll(surplus)
	return more
}

// setLimit is SetIdleLimit.
func (p *carrierPool) setLimit(n int) (old int) {
	p.mu.Lock()
	old = p.limit
	var surplus []uintptr
	if n >= 0 {
		p.limit = n
	}
	if len(p.idle) > p.limit {
		n = p.limit
		surplus = append(surplus, p.idle[n:]...)
		p.idle = p.idle[:n]
		p.least = min(p.least, n)
	}
	p.mu.Unlock()
	endAll(surplus)
	return old
}

// endAll ends carriers in the order of their stacks' addresses. The runtime keeps the stacks of some goroutines that
// have ended, of which each P's first ones stay for as long as it makes no new ones, and each keeps a whole span
// from being freed: so they are neighbors.
func endAll(all []uintptr) {
	slices.SortFunc(all, func(a, b uintptr) int { return cmp.Compare(peek(a+asm.GStackLo), peek(b+asm.GStackLo)) })
	for _, g := range all {
		carrierEnd(g)
	}
}

// carriers is all carriers that the pool had made and that have not been ended,
// wherever they are.
var carriers = carrierSet{all: make(map[uintptr]struct{})}

type carrierSet struct {
	mu  runtimepatch.Mutex
	all map[uintptr]struct{}
}

func (c *carrierSet) add(slots []uintptr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range slots {
		c.all[g] = struct{}{}
	}
}

func (c *carrierSet) remove(g uintptr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, g)
}

// live returns how many carriers have not been ended.
func (c *carrierSet) live() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}

// snapshot returns all carriers. Some may have been ended when it returns.
func (c *carrierSet) snapshot() []uintptr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.all))
}

// start begins the factory: a goroutine that makes all carriers. It starts with
// the process, so that carriers are made outside any synctest bubble (one made
// inside would keep the bubble from ending) and inherit no pprof labels.
func (p *carrierPool) start() {
	p.limit = defaultIdleLimit
	p.wanted = make(chan int)
	p.made = make(chan []uintptr)
	go func() {
		for n := range p.wanted {
			p.made <- makeCarriers(n)
		}
	}()
}

// A parkedBatch collects the carriers of one batch as they park. The carriers
// write to it on the scheduler's stack.
type parkedBatch struct {
	claimed int64
	parked  int64
	slots   []uintptr
}

func makeCarriers(n int) []uintptr {
	batch := &parkedBatch{slots: make([]uintptr, n)}
	for range n {
		go carrierMain(batch)
	}
	for atomic.LoadInt64(&batch.parked) < int64(n) {
		runtime.Gosched()
	}
	noteFresh(batch.slots[0])
	return batch.slots
}

// carrierMain is the function of a carrier. gopark does not return: the frames
// here are gone as soon as the carrier is parked, and what it runs when it is
// made ready again, see carrierEnd, ends the goroutine.
func carrierMain(batch *parkedBatch) {
	gopark(carrierParked, unsafe.Pointer(batch), asm.WaitReasonCoroutine, traceBlockForever, 0)
}

// traceBlockForever is the runtime's traceBlockForever: the tracer expects no end of the block.
const traceBlockForever = 1

// carrierParked runs on the scheduler's stack when the carrier is parked.
// The race detector must not see it: it has no context there.
//
//go:nosplit
//go:norace
func carrierParked(g uintptr, batch unsafe.Pointer) bool {
	b := (*parkedBatch)(batch)
	carrierFresh(g)
	b.slots[count(&b.claimed)] = g
	count(&b.parked)
	return true
}

// carrierEnd ends a free carrier's goroutine and returns its stack to the runtime.
func carrierEnd(g uintptr) {
	carriers.remove(g)
	endingCarriers.add(g)
	if runtimepatch.Runtime != nil {
		runtimepatch.Runtime.Retire(g)
	}
	armCarrierExit(g)
	goready(g, 0)
}

// endingCarriers is the carriers that carrierEnd has been called for, without most of those that have ended since.
var endingCarriers endingSet

type endingSet struct {
	mu  runtimepatch.Mutex
	all []endingCarrier
}

// An endingCarrier is a carrier whose goroutine is about to end.
type endingCarrier struct {
	g    uintptr
	goid uint64
}

func (c endingCarrier) ended() bool { return goroutineEnded(c.g, c.goid) }

// add adds the carrier g, whose goroutine is parked still.
func (e *endingSet) add(g uintptr) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == cap(e.all) {
		e.all = slices.DeleteFunc(e.all, endingCarrier.ended)
	}
	e.all = append(e.all, endingCarrier{g, uint64(peek(g + asm.GGoid))})
}

// take returns the carriers, and forgets them.
func (e *endingSet) take() []endingCarrier {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.all
	e.all = nil
	return all
}
