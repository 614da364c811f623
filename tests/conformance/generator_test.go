package conformance

import (
	"fmt"
	"iter"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// genlet is greenlet's test class: a generator made of one coroutine, whose
// parent is set at each step.
type genlet struct {
	co    *coro.Coroutine
	child *genlet // a deeper one that yielded past this one
}

var genlets = map[*coro.Coroutine]*genlet{}

func newGenlet(body func()) *genlet {
	g := new(genlet)
	g.co = coro.New(func(any) any {
		body()
		delete(genlets, g.co)
		return nil
	})
	genlets[g.co] = g
	return g
}

func (g *genlet) next() (v any, ok bool) {
	if c := g.child; c != nil {
		for c.child != nil {
			c, c.child = c.child, nil
		}
		g.child = nil
		v = c.co.Switch(nil)
	} else {
		if err := g.co.SetParent(coro.Current()); err != nil {
			panic(err)
		}
		v = g.co.Switch(nil)
	}
	return v, g.co.Active()
}

func (g *genlet) all() iter.Seq[any] {
	return func(yield func(any) bool) {
		for v, ok := g.next(); ok; v, ok = g.next() {
			if !yield(v) {
				return
			}
		}
	}
}

// give is greenlet's Yield: the value goes level generators up.
func give(v any, level int) {
	c := coro.Current()
	for ; level > 0; level-- {
		g := genlets[c]
		if g == nil {
			panic("yield outside a genlet")
		}
		if level > 1 {
			genlets[c.Parent()].child = g
		}
		c = c.Parent()
	}
	c.Switch(v)
}

func TestG091_generator(t *testing.T) {
	var seen []any
	for range 3 {
		g := newGenlet(func() {
			for i := range 5 {
				seen = append(seen, i)
				give(i, 1)
			}
		})
		for v := range g.all() {
			seen = append(seen, v)
		}
	}
	want := []any{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}
	equal(t, seen, append(append(append([]any{}, want...), want...), want...))
}

func TestG092_layered_genlets(t *testing.T) {
	var seen []any
	inner := func() {
		for i := 1; i < 5; i++ {
			give(i, 1)
			give(i*i, 2)
		}
	}
	outer := newGenlet(func() {
		for v := range newGenlet(inner).all() {
			seen = append(seen, v)
		}
	})
	for v := range outer.all() {
		seen = append(seen, v)
	}
	equal(t, seen, []any{1, 1, 2, 4, 3, 9, 4, 16})
}

// perms yields the permutations of list, by a generator for each level.
func perms(list []int) iter.Seq[[]int] {
	return coro.NewGenerator(func(_ any, yield func([]int) any) {
		if len(list) <= 1 {
			yield(list)
			return
		}
		for i, e := range list {
			var rest []int
			rest = append(append(rest, list[:i]...), list[i+1:]...)
			for p := range perms(rest) {
				yield(append([]int{e}, p...))
			}
		}
	}).All()
}

func TestG093_permutations(t *testing.T) {
	seen := map[string]bool{}
	for p := range perms([]int{0, 1, 2, 3}) {
		seen[fmt.Sprint(p)] = true
	}
	equal(t, len(seen), 24)
	equal(t, seen["[0 1 2 3]"] && seen["[3 2 1 0]"], true)
	next, stop := coro.Pull(perms([]int{0, 1, 2}))
	defer stop()
	var zipped []string
	for p := range perms([]int{0, 1, 2, 3}) {
		q, ok := next()
		if !ok {
			break
		}
		zipped = append(zipped, fmt.Sprint(p, q))
	}
	equal(t, zipped, []string{
		"[0 1 2 3] [0 1 2]", "[0 1 3 2] [0 2 1]", "[0 2 1 3] [1 0 2]",
		"[0 2 3 1] [1 2 0]", "[0 3 1 2] [2 0 1]", "[0 3 2 1] [2 1 0]",
	})
}

func TestG094_genlet_simple(t *testing.T) {
	plain := func(seen *[]int) iter.Seq[int] {
		return func(yield func(int) bool) {
			for i := range 5 {
				*seen = append(*seen, i+1)
				if !yield(i) {
					return
				}
			}
		}
	}
	nested := func(seen *[]int) iter.Seq[int] {
		return coro.NewGenerator(func(_ any, yield func(int) any) {
			for i := range 5 {
				*seen = append(*seen, i+1)
				func() { yield(i) }()
			}
		}).All()
	}
	pulled := func(pull func(iter.Seq[int]) (func() (int, bool), func())) func(*[]int) iter.Seq[int] {
		return func(seen *[]int) iter.Seq[int] {
			next, stop := pull(plain(seen))
			return func(yield func(int) bool) {
				defer stop()
				for v, ok := next(); ok && yield(v); v, ok = next() {
				}
			}
		}
	}
	for name, g := range map[string]func(*[]int) iter.Seq[int]{
		"plain": plain, "generator": nested, "iter.Pull": pulled(iter.Pull), "coro.Pull": pulled(coro.Pull),
	} {
		var seen []int
		for v := range g(&seen) {
			seen = append(seen, v)
		}
		if fmt.Sprint(seen) != "[1 0 2 1 3 2 4 3 5 4]" {
			t.Errorf("%s: %v", name, seen)
		}
	}
}

func TestG095_genlet_bad(t *testing.T) {
	equal(t, panicOf(func() { give(10, 1) }), "yield outside a genlet")
	var leaked func(int) any
	g := coro.NewGenerator(func(_ any, yield func(int) any) { leaked = yield; yield(1) })
	g.Send(nil)
	wantPanic(t, coro.ErrReentered, func() { leaked(2) })
	g.Close()
	wantPanic(t, coro.ErrReentered, func() { leaked(3) })
}

// countdown recurses into itself five levels deep.
func countdown(n int) iter.Seq[int] {
	return coro.NewGenerator(func(_ any, yield func(int) any) {
		if n == 0 {
			return
		}
		for v := range countdown(n - 1) {
			yield(v)
		}
		yield(n)
	}).All()
}

func TestG096_nested_genlets(t *testing.T) {
	var seen []int
	for v := range countdown(5) {
		seen = append(seen, v)
	}
	equal(t, seen, []int{1, 2, 3, 4, 5})
}
