package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller"
)

// Faults that were there once, each in the form in which it was found. They are on a goroutine
// of their own. See crowd for another one.
var onceActs = []func(*guest){
	(*guest).waiterMoved, (*guest).usedAgain, (*guest).timeUp,
	(*guest).endElsewhere, (*guest).settingsLast,
}

// goroutine calls f on a goroutine of its own, and returns when f has called it back, with a
// function that lets f go on and waits for its end.
func goroutine(f func(pause func())) (end func()) {
	paused, goOn, ended := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		f(func() { close(paused); <-goOn })
	}()
	select {
	case <-paused:
	case <-ended:
	}
	return func() { close(goOn); <-ended }
}

// neverSet is false, but the compiler does not know.
var neverSet atomic.Bool

//go:noinline
func fill(a *[8]*int) (n int) {
	for i := range a {
		a[i] = &i
		n += *a[i]
	}
	return n
}

//go:noinline
func deepFrame(n int) int {
	var a [16]int
	a[n%16] = n
	if n > 0 {
		return deepFrame(n-1) + a[n%16]
	}
	return 0
}

// rootAway starts a goroutine that runs a stack, while its own rests on a carrier. The top of
// its outermost frame, which is why it is one function with these parameters, is not written.
func (g *guest) rootAway(id int, release <-chan bool, wg *sync.WaitGroup) {
	wg.Add(1)
	go func() {
		if neverSet.Load() {
			var a [8]*int
			neverSet.Store(fill(&a) > 0)
		}
		c := stackful.New(func(any) (*stackful.Stack, any) { <-release; return nil, id })
		if v := c.Switch(nil); v != id {
			g.fail("the root of a goroutine got %v, want %d", v, id)
		}
		wg.Done()
	}()
}

// crowd switches between many stacks that grow, beside goroutines that get the memory which those
// leave, and whose own stacks rest on carriers. The words that a trampoline has left there
// say nothing of them.
func (g *guest) crowd() {
	n, patience := 2000, g.run.config.duration
	if !stackful.Backend().Native {
		n = 100
	}
	root := stackful.Current()
	release := make(chan bool)
	var wg sync.WaitGroup
	g.collecting.Lock()
	over := false
	suspend := func() []*stackful.Stack {
		stacks := make([]*stackful.Stack, n)
		for i := range stacks {
			stacks[i] = stackful.New(func(any) (*stackful.Stack, any) {
				b := g.blob()
				deepFrame(40)
				for !over {
					if v := root.Switch(i); v != i {
						g.fail("stack %d of a crowd got %v", i, v)
					}
					g.verify(b, "data of a crowd")
				}
				return nil, i
			})
			stacks[i].Switch(nil)
		}
		return stacks
	}
	switchTo := func(stacks []*stackful.Stack) {
		for i, s := range stacks {
			if v := s.Switch(i); v != i {
				g.fail("got %v of stack %d of a crowd", v, i)
			}
		}
	}
	grown := suspend()
	for i := range grown {
		g.rootAway(i, release, &wg)
	}
	stacks := suspend()
	g.collecting.Unlock()
	for end := time.Now().Add(patience); time.Now().Before(end) && !g.stop.Load(); {
		switchTo(stacks)
	}
	g.collecting.Lock()
	defer g.collecting.Unlock()
	over = true
	switchTo(stacks)
	switchTo(grown)
	close(release)
	wg.Wait()
}

// waiterMoved has a consumer go to another goroutine while its sequence, which stays, is about to
// yield.
func (g *guest) waiterMoved() {
	root := coro.Current()
	var producer *coro.Coroutine
	consumer := coro.New(func(any) any {
		next, stop := coro.Pull(func(yield func(int) bool) {
			producer = coro.Current()
			yield(1)
			root.Switch(nil)
			yield(2)
		})
		defer stop()
		next()
		next()
		return nil
	})
	consumer.Switch(nil)
	consumer.Detach()
	end := goroutine(func(pause func()) {
		consumer.Attach()
		pause()
		consumer.Kill()
	})
	refused := func() (err error) {
		defer func() { err, _ = recover().(error) }()
		producer.Switch(nil)
		return nil
	}()
	if !errors.Is(refused, stackful.ErrWrongGoroutine) || consumer.Dead() {
		g.fail("a sequence whose consumer had moved yielded: %v", refused)
	}
	end()
	producer.Kill()
}

// usedAgain gives a Stack a second life on another goroutine than the first.
func (g *guest) usedAgain() {
	s := new(stackful.Stack)
	goroutine(func(func()) {
		s.Init(func(*stackful.Stack, any) (*stackful.Stack, any) { return nil, nil })
		s.Resume(true)
	})
	s.Init(func(s *stackful.Stack, _ any) (*stackful.Stack, any) { return nil, nil })
	if s.Resumer() != nil {
		g.fail("a stack that nobody has resumed has a resumer")
	}
	s.Switch(nil)
}

// timeUp waits for nothing after waits of other kinds.
func (g *guest) timeUp() {
	err := poller.Run(func() {
		c := poller.NewChan[int](0)
		poller.JoinAny(poller.Go(func() {}), poller.Go(poller.Yield))
		v, ok := 7, false
		if i := poller.SelectTimeout(time.Microsecond, c.OnRecv(&v, &ok)); i != -1 || v != 7 {
			g.fail("SelectTimeout of nothing: %d, %d", i, v)
		}
	})
	if err != nil {
		g.fail("Run: %v", err)
	}
}

// endElsewhere kills a coroutine whose killer is on another goroutine when it ends.
func (g *guest) endElsewhere() {
	root := coro.Current()
	victim := coro.New(func(any) any {
		defer root.Switch(nil)
		return root.Switch(nil)
	})
	victim.Switch(nil)
	killer := coro.New(func(any) any { victim.Kill(); return nil })
	killer.Switch(nil)
	killer.Detach()
	end := goroutine(func(pause func()) {
		killer.Attach()
		pause()
		killer.Kill()
	})
	if victim.Switch(nil); !victim.Dead() {
		g.fail("a victim whose killer is elsewhere does not end")
	}
	end()
}

var setting = stackful.NewOwnerLocal[*blob]()

// settingsLast looks for what a goroutine has stored when many others have used the package.
func (g *guest) settingsLast() {
	const others = 300 // more than there are near owners
	b := g.blob()
	end := goroutine(func(pause func()) {
		setting.Set(b)
		pause()
		if setting.Get() != b {
			g.fail("a goroutine's setting is lost")
		}
	})
	var wg sync.WaitGroup
	for range others {
		wg.Go(func() { stackful.Current() })
	}
	wg.Wait()
	collected := gcCycles()
	for r := g.run; r.config.gc && !r.stop.Load() && gcCycles() < collected+2; {
		time.Sleep(time.Millisecond)
	}
	end()
}

// firstLocks is called before all else: until the process may use membarrier, hubs share locks,
// which must not become one hub's own while tasks of another wait for them.
func (r *run) firstLocks() {
	const tasks, patience = 4, 5 * time.Second
	c := poller.NewChan[int](0)
	err := poller.RunAll(2, func(hub int) {
		f := func() { c.Recv() }
		if hub == 0 {
			poller.Sleep(100 * time.Millisecond)
			f = func() { c.Send(0) }
		}
		var all []*poller.Task
		for range tasks {
			all = append(all, poller.Go(f))
		}
		for _, t := range all {
			if err := t.JoinTimeout(patience); err != nil {
				r.fail("a task that shares a channel with another hub: %v", err)
				return
			}
		}
	})
	if err != nil {
		r.fail("RunAll: %v", err)
	}
}
