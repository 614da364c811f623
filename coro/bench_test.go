package coro_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/benchcases"
	"github.com/stackful-go/stackful/internal/benchcases/gobench"
)

// Cases of package benchcases are those that `stackful bench` compares, too.

// Two bodies that differ, so that a switch cannot be predicted from the one before.

//go:noinline
func bodyA(peer func() *coro.Coroutine, n int) (sum int) {
	p := peer()
	for range n {
		sum += p.Switch(nil).(int)
	}
	return sum
}

//go:noinline
func bodyB(peer *coro.Coroutine) {
	one := any(1)
	for {
		if v := peer.Switch(one); v != nil {
			return
		}
	}
}

// BenchmarkSwitchPair is a switch there and back.
func BenchmarkSwitchPair(b *testing.B) {
	b.ReportAllocs()
	root := coro.Current()
	c := coro.New(func(any) any { bodyB(root); return nil })
	bodyA(func() *coro.Coroutine { return c }, 1)
	b.ResetTimer()
	bodyA(func() *coro.Coroutine { return c }, b.N)
	b.StopTimer()
	c.Kill()
}

// BenchmarkSwitchOne is one switch, in a ring of four coroutines.
func BenchmarkSwitchOne(b *testing.B) {
	b.ReportAllocs()
	root := coro.Current()
	ring := [4]*coro.Coroutine{root}
	ring[1] = coro.New(func(any) any {
		for {
			ring[2].Switch(nil)
		}
	})
	ring[2] = coro.New(func(any) any {
		n := 0
		for {
			n++
			ring[3].Switch(nil)
		}
	})
	ring[3] = coro.New(func(any) any {
		for i := 0; ; i += 2 {
			root.Switch(nil)
		}
	})
	b.ResetTimer()
	for i := 0; i < b.N; i += 4 {
		ring[1].Switch(nil)
	}
	b.StopTimer()
	for _, c := range ring[1:] {
		c.Kill()
	}
}

// message is passed there and back, as an any and by a variable that both sides hold.
type message struct{ a, b, c int }

// BenchmarkSwitchMessage is a switch there and back with a struct each way.
func BenchmarkSwitchMessage(b *testing.B) {
	b.Run("by=value", func(b *testing.B) {
		b.ReportAllocs()
		root := coro.Current()
		c := coro.New(func(v any) any {
			for {
				m := v.(message)
				v = root.Switch(message{m.a + 1, m.b, m.c})
			}
		})
		defer c.Kill()
		var m message
		for range b.N {
			m = c.Switch(m).(message)
		}
	})
	b.Run("by=variable", func(b *testing.B) {
		b.ReportAllocs()
		root := coro.Current()
		var to, from message
		c := coro.New(func(any) any {
			for {
				from = message{to.a + 1, to.b, to.c}
				root.Switch(nil)
			}
		})
		defer c.Kill()
		for range b.N {
			to = from
			c.Switch(nil)
		}
	})
}

// BenchmarkSwitchIterPull is BenchmarkSwitchPair on the standard library: next
// is a switch there and back.
func BenchmarkSwitchIterPull(b *testing.B) { gobench.Run(b, 2, benchcases.SwitchIterPull) }

// BenchmarkSwitchChannel is a value there and one back between two goroutines.
func BenchmarkSwitchChannel(b *testing.B) {
	b.ReportAllocs()
	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			back <- v
		}
	}()
	for range b.N {
		there <- 1
		<-back
	}
	close(there)
}

func endlessly(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

// BenchmarkPullNext is one value of a sequence. It is dropped, to measure next alone; the cases
// of package benchcases add the values up, which shows.
func BenchmarkPullNext(b *testing.B) {
	b.Run("coro", func(b *testing.B) {
		b.ReportAllocs()
		next, stop := coro.Pull(endlessly)
		defer stop()
		next()
		b.ResetTimer()
		for range b.N {
			next()
		}
	})
	b.Run("coro-stored", func(b *testing.B) {
		b.ReportAllocs()
		next, stop := pullSomewhereElse(endlessly)
		defer stop()
		next()
		b.ResetTimer()
		for range b.N {
			next()
		}
	})
	b.Run("iter", func(b *testing.B) {
		b.ReportAllocs()
		next, stop := iter.Pull(endlessly)
		defer stop()
		next()
		b.ResetTimer()
		for range b.N {
			next()
		}
	})
	b.Run("generator", func(b *testing.B) {
		b.ReportAllocs()
		g := coro.NewGenerator(func(_ int, yield func(int) int) {
			for i := 0; ; i++ {
				yield(i)
			}
		})
		defer g.Close()
		for range b.N {
			g.Send(0)
		}
	})
}

//go:noinline
func pullSomewhereElse(seq iter.Seq[int]) (func() (int, bool), func()) { return coro.Pull(seq) }

func pairs(yield func(int, string) bool) {
	for i := 0; yield(i, "a"); i++ {
	}
}

// BenchmarkPull2Next is one pair of a sequence.
func BenchmarkPull2Next(b *testing.B) {
	for name, pull := range map[string]func(iter.Seq2[int, string]) (func() (int, string, bool), func()){
		"coro": coro.Pull2[int, string], "iter": iter.Pull2[int, string],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			next, stop := pull(pairs)
			defer stop()
			for range b.N {
				next()
			}
		})
	}
}

// BenchmarkCreate makes a coroutine, runs it and lets it finish.
func BenchmarkCreate(b *testing.B) {
	b.Run("coro", func(b *testing.B) { gobench.Run(b, 1, benchcases.CreateCoroutine) })
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		done := make(chan any)
		for b.Loop() {
			go func() { done <- identity(nil) }()
			<-done
		}
	})
	b.Run("coro.Pull", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			next, stop := coro.Pull(endlessly)
			next()
			stop()
		}
	})
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			next, stop := iter.Pull(endlessly)
			next()
			stop()
		}
	})
}

// BenchmarkCreate_deep is a life that grows its stack, as all of them do: it has to begin with a small one now and then
// only.
func BenchmarkCreate_deep(b *testing.B) {
	deep := func(yield func(byte) bool) { yield(deepFrame(7)) }
	for _, kind := range []struct {
		name string
		pull func(iter.Seq[byte]) (func() (byte, bool), func())
	}{{"coro.Pull", coro.Pull[byte]}, {"iter.Pull", iter.Pull[byte]}} {
		b.Run(kind.name, func(b *testing.B) {
			for b.Loop() {
				next, stop := kind.pull(deep)
				next()
				stop()
			}
		})
	}
}

//go:noinline
func deepFrame(n int) byte {
	var room [3 << 10]byte
	room[n] = 1
	return room[n/2] + room[n]
}

func identity(v any) any { return v }

// BenchmarkThrow makes a coroutine that waits with a deferred call pending, and
// ends it; beside it a goroutine that panics, recovers and is waited for.
func BenchmarkThrow(b *testing.B) {
	b.Run("coro", func(b *testing.B) { gobench.Run(b, 1, benchcases.ThrowDeferred) })
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		done := make(chan any)
		err := errors.New("exit")
		for b.Loop() {
			go func() {
				defer func() { done <- recover() }()
				panic(err)
			}()
			<-done
		}
	})
}
