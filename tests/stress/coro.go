package main

import (
	"errors"
	"iter"
	"runtime"

	"github.com/stackful-go/stackful/coro"
)

// What is done with package coro, over and over.
var coroActs = []func(*guest){
	(*guest).pullTrees, (*guest).pullArrays, (*guest).sendToGenerator, (*guest).throwAround, (*guest).dropHandles,
	(*guest).moveCoroutine, (*guest).exitNested,
}

// A tree verifies itself: its blobs are in order of their depth-first walk.
type tree struct {
	b           *blob
	left, right *tree
}

func (g *guest) tree(depth int) *tree {
	t := &tree{b: g.blob()}
	if depth > 0 {
		t.left, t.right = g.tree(depth-1), g.tree(depth-1)
	}
	return t
}

// walk yields what all nodes have, each level through a sequence of its own.
func (t *tree) walk(g *guest, pulled bool) iter.Seq[*blob] {
	return func(yield func(*blob) bool) {
		for _, sub := range []*tree{t.left, t.right} {
			if sub == nil {
				continue
			}
			if !pulled {
				for b := range sub.walk(g, false) {
					if !yield(b) {
						return
					}
				}
				continue
			}
			next, stop := coro.Pull(sub.walk(g, true))
			defer stop()
			for b, ok := next(); ok; b, ok = next() {
				if !yield(b) {
					return
				}
			}
		}
		yield(t.b)
	}
}

// pullTrees walks a tree in two ways side by side, and at times not to the end.
func (g *guest) pullTrees() {
	t := g.tree(1 + g.rng.IntN(5))
	next1, stop1 := coro.Pull(t.walk(g, true))
	next2, stop2 := coro.Pull(t.walk(g, false))
	defer stop1()
	defer stop2()
	for {
		b1, ok1 := next1()
		b2, ok2 := next2()
		if b1 != b2 || ok1 != ok2 {
			g.fail("two walks of one tree differ")
		}
		if !ok1 || g.rng.IntN(40) == 0 {
			return
		}
		g.verify(b1, "what a tree yields")
	}
}

// pullArrays takes blobs in arrays, which go from stack to stack in memory.
func (g *guest) pullArrays() {
	n := g.rng.IntN(30)
	next, stop := coro.Pull(func(yield func([5]*blob) bool) {
		for range n {
			if !yield([5]*blob{g.blob(), nil, g.blob(), nil, g.blob()}) {
				return
			}
		}
	})
	defer stop()
	count := 0
	for all, ok := next(); ok; all, ok = next() {
		if count++; g.rng.IntN(40) == 0 {
			return
		}
		g.verify(all[0], "the first of an array")
		g.verify(all[2], "the third of an array")
		g.verify(all[4], "the fifth of an array")
	}
	if count != n {
		g.fail("%d arrays of %d", count, n)
	}
}

var errThrown = errors.New("thrown")

func (g *guest) sendToGenerator() {
	gen := coro.NewGenerator(func(in *blob, yield func(*blob) *blob) {
		held := g.blob()
		for range g.rng.IntN(20) {
			func() {
				defer func() {
					if p := recover(); p != nil && p != errThrown {
						panic(p)
					}
				}()
				g.verify(in, "what is sent")
				in = yield(in)
			}()
			g.verify(held, "data of a generator")
		}
	})
	defer gen.Close()
	for range g.rng.IntN(20) {
		b := g.blob()
		if gen.Coroutine().Active() && g.rng.IntN(5) == 0 {
			gen.Throw(errThrown)
			continue
		}
		if got, ok := gen.Send(b); ok && got != nil {
			g.verify(got, "what comes back")
		}
	}
}

// throwAround has coroutines switch to each other, and throw.
func (g *guest) throwAround() {
	scope := coro.NewScope()
	var all []*coro.Coroutine
	hops := 200
	body := func(any) any {
		held := g.blob()
		for hops > 0 {
			hops--
			to := all[g.rng.IntN(len(all))]
			func() {
				defer func() {
					p := recover()
					var e *coro.PanicError
					if err, _ := p.(error); p != nil && !errors.Is(err, errThrown) && !errors.As(err, &e) {
						panic(p)
					}
					g.verify(held, "data of who is thrown at")
				}()
				if g.rng.IntN(6) == 0 && to != coro.Current() {
					to.Throw(errThrown)
					return
				}
				to.Switch(g.blob())
			}()
			g.verify(held, "data of a coroutine")
		}
		return held
	}
	for range 2 + g.rng.IntN(10) {
		all = append(all, scope.New(body))
	}
	func() {
		defer func() {
			var e *coro.PanicError
			if err, _ := recover().(error); err != nil && !errors.Is(err, errThrown) && !errors.As(err, &e) {
				panic(err)
			}
		}()
		if b, ok := all[0].Switch(g.blob()).(*blob); ok {
			g.verify(b, "the first result")
		}
	}()
	hops = 0
	scope.Close()
}

// dropHandles leaves coroutines to be killed when their handles are collected.
func (g *guest) dropHandles() {
	type handle struct{ c *coro.Coroutine }
	for range g.rng.IntN(10) {
		h := &handle{coro.New(func(any) any {
			held := g.blob()
			defer g.verify(held, "data of a coroutine that was dropped")
			return coro.Current().Parent().Switch(nil)
		})}
		coro.KillOnCollect(h, h.c)
		h.c.Switch(nil)
	}
	coro.Reap()
}

// moveCoroutine has a coroutine end on another goroutine.
func (g *guest) moveCoroutine() {
	held := g.blob()
	c := coro.New(func(v any) any {
		mine := g.blob()
		v = coro.Current().Parent().Switch(v)
		g.verify(mine, "data of a coroutine that moved")
		return v
	})
	c.Switch(held)
	c.Detach()
	ended := make(chan any)
	go func() {
		c.Attach()
		ended <- c.Switch(held)
	}()
	if got := <-ended; got != held {
		g.fail("a coroutine that moved returned %v", got)
	}
	g.verify(held, "data beside a coroutine that moved")
}

// exitNested calls Goexit in nested coroutines.
func (g *guest) exitNested() {
	depth := 1 + g.rng.IntN(6)
	held := g.blob()
	ran := 0
	ended := make(chan bool)
	go func() {
		defer close(ended)
		var nest func(n int) func(any) any
		nest = func(n int) func(any) any {
			return func(any) any {
				defer func() { ran++ }()
				if n == 0 {
					runtime.Goexit()
				}
				return coro.New(nest(n - 1)).Switch(nil)
			}
		}
		nest(depth)(nil)
	}()
	<-ended
	if ran != depth+1 {
		g.fail("Goexit ran %d of %d deferred calls", ran, depth+1)
	}
	g.verify(held, "data beside a Goexit")
}
