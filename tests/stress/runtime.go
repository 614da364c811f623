package main

import (
	"errors"
	"iter"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

// What tasks do that wait in package runtime, in a program that `stackful build` has built:
// hubs on goroutines of their own, and goroutines without a hub, share channels and locks.

// An arena is what they share.
type arena struct {
	channels [5]chan *blob
	closing  chan struct{} // of the feeders
	locks    [3]struct {
		sync.Mutex
		held bool
	}
	shared struct {
		sync.RWMutex
		n [8]int // all equal while the lock is free
	}
	bell struct {
		sync.Mutex
		cond  sync.Cond
		rings int
	}
}

func init() {
	startHubs = func(r *run, workers *sync.WaitGroup) func() {
		if !patch.Active() || r.hubs == 0 {
			return func() {}
		}
		a := newArena()
		for i := range r.hubs {
			workers.Go(func() { r.party(1<<37+uint64(i), &r.runtimeRounds, []func(*guest){a.visit, a.visitElsewhere}) })
		}
		var feeders sync.WaitGroup
		for i := range 2 {
			g := r.guest(1<<38 + uint64(i))
			feeders.Go(func() { a.feed(g) })
		}
		return func() { close(a.closing); feeders.Wait() }
	}
}

func newArena() *arena {
	a := &arena{closing: make(chan struct{})}
	for i := range a.channels {
		a.channels[i] = make(chan *blob, [...]int{0, 0, 0, 1, 3}[i])
	}
	a.bell.cond.L = &a.bell.Mutex
	return a
}

// feed does on a goroutine without a hub what has tasks go on that wait for others.
func (a *arena) feed(g *guest) {
	for {
		select {
		case <-a.closing:
			return
		case a.channels[0] <- g.blob():
		case a.channels[1] <- g.blob():
		case b := <-a.channels[2]:
			g.verify(b, "data from a task")
		case b := <-a.channels[4]:
			g.verify(b, "data from a buffered channel")
		case <-time.After(time.Duration(1+g.rng.IntN(200)) * time.Microsecond):
		}
		switch g.rng.IntN(4) {
		case 0:
			a.bell.Lock()
			a.bell.rings++
			a.bell.Unlock()
			a.bell.cond.Broadcast()
		case 1:
			a.hold(g, g.rng.IntN(len(a.locks)), runtime.Gosched)
		case 2:
			a.write(g, runtime.Gosched)
		}
	}
}

func (a *arena) hold(g *guest, i int, while func()) {
	l := &a.locks[i]
	l.Lock()
	defer l.Unlock()
	if l.held {
		g.fail("two have one sync.Mutex")
	}
	l.held = true
	defer func() { l.held = false }()
	while()
}

func (a *arena) write(g *guest, while func()) {
	s := &a.shared
	s.Lock()
	defer s.Unlock()
	n := s.n[0] + 1
	defer func() {
		for i := range s.n {
			s.n[i] = n
		}
	}()
	s.n[3]++
	while()
	if s.n[0] != n-1 || s.n[3] != n {
		g.fail("a writer was not alone: %v", s.n)
	}
}

func (a *arena) read(g *guest, while func()) {
	s := &a.shared
	s.RLock()
	defer s.RUnlock()
	n := s.n
	while()
	if n != s.n || n[0] != n[3] {
		g.fail("a reader beside a writer: %v, %v", n, s.n)
	}
}

// A patron is a hub whose tasks use an arena.
type patron struct {
	*guest
	*arena
	adopts  bool // go statements start tasks
	address string
}

// visit is a Run of such tasks.
func (a *arena) visit(g *guest) {
	p := &patron{guest: g, arena: a, adopts: g.rng.IntN(4) > 0}
	kept := [4]*blob{g.blob(), g.blob(), g.blob(), g.blob()} // on the root stack alone
	options, priorities := g.options()
	options.AdoptGo = p.adopts
	err := options.Run(func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			g.fail("listen: %v", err)
			return
		}
		p.address = l.Addr().String()
		serving := serveEcho(l)
		var all []*poller.Task
		for range 5 + g.rng.IntN(40) {
			g.counts.tasks.Add(1)
			mine := *p
			mine.guest = g.guest(g.rng.Uint64()) // preempted tasks cannot share one
			t := poller.Go(mine.live)
			if priorities {
				t.SetPriority(poller.PriorityLowest + poller.Priority(g.rng.IntN(5)))
			}
			all = append(all, t)
		}
		for range g.rng.IntN(8) {
			time.Sleep(time.Duration(g.rng.IntN(300)) * time.Microsecond)
			all[g.rng.IntN(len(all))].KillNoWait()
		}
		g.joinAll(all)
		l.Close()
		serving.Join()
		g.counts.preempted.Add(int64(poller.ReadStats().Slices))
	})
	if err != nil {
		g.fail("Run: %v", err)
	}
	for _, b := range kept {
		g.verify(b, "data below Run")
	}
}

// visitElsewhere is visit on a new goroutine: the collector comes to it later than to carriers that
// were made before.
func (a *arena) visitElsewhere(g *guest) {
	var done sync.WaitGroup
	done.Go(func() { a.visit(g) })
	done.Wait()
}

func (p *patron) live() {
	for range p.rng.IntN(12) {
		b := p.blob()
		p.deep(p.rng.IntN(3) * p.rng.IntN(100))
		p.verify(b, "data of a task that waits in the runtime")
	}
}

// deep does something at some depth of the stack.
func (p *patron) deep(depth int) {
	b := p.blob()
	if depth > 0 {
		p.deep(depth - 1)
	} else {
		p.act()
	}
	p.verify(b, "data of a frame that waits in the runtime")
}

func (p *patron) act() {
	pick := func() chan *blob { return p.channels[p.rng.IntN(len(p.channels))] }
	nap := func() { time.Sleep(time.Duration(p.rng.IntN(200)) * time.Microsecond) }
	switch p.rng.IntN(21) {
	case 0, 1:
		p.limited(func() { pick() <- p.blob() })
	case 2, 3:
		p.limited(func() { p.verify(<-pick(), "data from a channel") })
	case 4:
		mine := p.blob()
		select {
		case b := <-pick():
			p.verify(b, "data from a select")
		case pick() <- mine:
		case pick() <- mine:
		case <-time.After(time.Duration(p.rng.IntN(300)) * time.Microsecond):
		}
		p.verify(mine, "data beside a select")
	case 5:
		p.limited(func() {
			select {
			case b := <-pick():
				p.verify(b, "data from a select that may be ended")
			case b := <-pick():
				p.verify(b, "data from a select that may be ended")
			case pick() <- p.blob():
			}
		})
	case 6:
		p.hold(p.guest, p.rng.IntN(len(p.locks)), nap)
	case 7:
		p.read(p.guest, nap)
	case 8:
		p.write(p.guest, runtime.Gosched)
	case 9:
		nap()
	case 10:
		p.talk(func() (net.Conn, error) { return net.Dial("tcp", p.address) })
	case 11:
		p.children()
	case 12:
		p.pull(nap)
	case 13:
		p.limited(func() {
			if p.rng.IntN(2) == 0 {
				select {}
			}
			<-(chan int)(nil)
		})
	case 14:
		p.bell.Lock()
		defer p.bell.Unlock()
		for rings := p.bell.rings; p.bell.rings == rings; {
			p.bell.cond.Wait()
		}
	case 15:
		p.limited(func() {
			r, w, err := os.Pipe()
			if err != nil {
				p.fail("pipe: %v", err)
				return
			}
			defer r.Close()
			defer w.Close()
			r.Read(make([]byte, 1))
		})
	case 16, 17:
		p.compute()
	case 18, 19:
		p.offspring(0)
	case 20:
		if p.adopts { // not waited for
			go p.limited(func() { p.verify(<-pick(), "data from a channel, in a task that go has started") })
		}
	}
}

// offspring waits for what go statements have started, tasks or goroutines, some of which end by Goexit.
func (p *patron) offspring(depth int) {
	var group sync.WaitGroup
	n := 1 + p.rng.IntN(5)
	results := make(chan *blob, n)
	group.Add(n)
	for range n {
		b, ends, nap := p.blob(), p.rng.IntN(4) == 0, time.Duration(p.rng.IntN(100))*time.Microsecond
		more := p.adopts && depth < 2 && p.rng.IntN(4) == 0 // else p.rng is another goroutine's
		go func() {
			defer group.Done()
			defer func() { results <- b }()
			time.Sleep(nap)
			if (poller.Current() != nil) != p.adopts {
				p.fail("a go statement: adopts %v, in a task %v", p.adopts, !p.adopts)
			}
			if more {
				p.offspring(depth + 1)
			}
			if ends {
				runtime.Goexit()
			}
			runtime.Gosched()
		}()
	}
	go func() { group.Wait(); close(results) }()
	for b := range results {
		p.verify(b, "what a go statement has made")
	}
}

// limited calls f with a limit that it may exceed.
func (p *patron) limited(f func()) {
	limit := time.Duration(1+p.rng.IntN(300)) * time.Microsecond
	if err := poller.WithTimeout(limit, func() error { f(); return nil }); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		p.fail("WithTimeout: %v", err)
	}
}

// children waits for tasks with a WaitGroup.
func (p *patron) children() {
	var group sync.WaitGroup
	results := make([]*blob, 1+p.rng.IntN(5))
	for i := range results {
		group.Add(1)
		poller.Go(func() {
			defer group.Done()
			time.Sleep(time.Duration(p.rng.IntN(100)) * time.Microsecond)
			results[i] = p.blob()
		})
	}
	group.Wait()
	for _, b := range results {
		p.verify(b, "what a child has made")
	}
}

// pull pulls a sequence that waits.
func (p *patron) pull(nap func()) {
	next, stop := iter.Pull(func(yield func(*blob) bool) {
		for range 4 {
			b := p.blob()
			nap()
			if !yield(b) {
				return
			}
			p.verify(b, "data of a sequence")
		}
	})
	defer stop()
	for range 1 + p.rng.IntN(5) {
		b, ok := next()
		if !ok {
			return
		}
		p.verify(b, "data from a sequence")
	}
}
