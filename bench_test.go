package stackful_test

import (
	"fmt"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/benchcases"
	"github.com/stackful-go/stackful/internal/benchcases/gobench"
)

// Cases of package benchcases are those that `stackful bench` compares, too.

// BenchmarkSwitchOne is one switch, between two stacks with different bodies.
func BenchmarkSwitchOne(b *testing.B) {
	b.Run("of=stack", func(b *testing.B) { gobench.Run(b, 1, benchcases.SwitchStacks) })
	b.Run("of=iter.Pull", func(b *testing.B) { gobench.Run(b, 1, benchcases.SwitchIterPull) })
	b.Run("of=gosched", func(b *testing.B) { gobench.RunOnOne(b, 1, benchcases.SwitchGosched) })
	b.Run("of=channel", func(b *testing.B) { gobench.RunOnOne(b, 1, benchcases.SwitchChannel) })
}

// BenchmarkSwitchMany is one switch, round robin over many live stacks: here
// the cache decides.
func BenchmarkSwitchMany(b *testing.B) {
	for _, live := range []int{16, 1024, 10_000} {
		b.Run(fmt.Sprintf("live=%d", live), func(b *testing.B) {
			stacks := make([]*stackful.Stack, live)
			root := stackful.Current()
			for i := range stacks {
				stacks[i] = stackful.New(func(v any) (*stackful.Stack, any) {
					next := stacks[(i+1)%live]
					for v != nil {
						if v = next.Switch(v); v == stop {
							return root, nil
						}
					}
					return root, nil
				})
			}
			n := b.N
			stacks[0] = stackful.New(func(v any) (*stackful.Stack, any) {
				next := stacks[1]
				for i := 0; i < n; i += live {
					next.Switch(v)
				}
				return root, nil
			})
			b.ResetTimer()
			stacks[0].Switch(1)
			b.StopTimer()
			for _, s := range stacks[1:] {
				s.Switch(stop)
			}
		})
	}
}

var stop any = new(int)

// ints is a generator in the simplest form.
type ints struct {
	s    stackful.Stack
	v    int
	_    uintptr // room for the yield function to store a register whole
	done bool
}

func (p *ints) start(seq func(func(int) bool)) {
	p.s.Init(func(s *stackful.Stack, v any) (*stackful.Stack, any) {
		seq(stackful.NewYield(s, &p.v, func(v int) bool {
			p.v = v
			return s.Yielded()
		}))
		p.done = true
		return s.Resumer(), nil
	})
}

// next returns a next function of p, which start has been called for.
func (p *ints) next() func() (int, bool) {
	return stackful.NewNext(&p.s, func() (int, bool) {
		if !stackful.Arrived() {
			p.s.Resume(true)
		}
		return p.v, !p.done
	})
}

// BenchmarkYieldNext is a next function and yield: two switches.
func BenchmarkYieldNext(b *testing.B) {
	var p ints
	p.start(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
	next := p.next()
	for i := range b.N {
		if v, ok := next(); v != i || !ok {
			b.Fatal("got", v, "for", i)
		}
	}
	p.s.Resume(false)
	if !p.done {
		b.Fatal("the sequence goes on after its end")
	}
}

// BenchmarkCreate is making, running and ending one, on a warm pool.
func BenchmarkCreate(b *testing.B) {
	b.Run("of=stack", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			var s = new(stackful.Stack)
			s.Init(nop)
			s.Switch(nil)
		}
	})
	b.Run("of=stack/reused", func(b *testing.B) {
		var s stackful.Stack
		for range b.N {
			s.Init(nop)
			s.Switch(nil)
		}
	})
	b.Run("of=go", func(b *testing.B) { gobench.RunOnOne(b, 1, benchcases.CreateGoroutine) })
}

func nop(*stackful.Stack, any) (*stackful.Stack, any) { return nil, nil }
