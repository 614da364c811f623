//go:build linux && (amd64 || arm64)

package preempt

import (
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/tests/internal/poison"
)

// ints has as many integers live at all of its safe points as there are registers for them, and calls nothing.
func ints(seed uint64, rounds int) uint64 {
	a, b, c, d, e, f, g := seed, seed+1, seed+2, seed+3, seed+4, seed+5, seed+6
	h, i, j, k, l, m := seed+7, seed+8, seed+9, seed+10, seed+11, seed+12
	for n := range rounds {
		a, b, c = bits.RotateLeft64(a, 5)^m, b*0x9e3779b97f4a7c15+a, c+bits.RotateLeft64(b, 9)
		d, e, f = d^c, e*0xbf58476d1ce4e5b9+d, f-bits.RotateLeft64(e, 13)
		g, h, i = g^f, h*0x94d049bb133111eb+g, i+bits.RotateLeft64(h, 17)
		j, k, l = j^i, k*0xd6e8feb86659fd93+j, l-bits.RotateLeft64(k, 21)
		m ^= l + uint64(n)
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ m
}

// floats is ints for the vector registers.
func floats(seed float64, rounds int) uint64 {
	a, b, c, d, e, f, g, h := seed, seed+1, seed+2, seed+3, seed+4, seed+5, seed+6, seed+7
	i, j, k, l, m, n := seed+8, seed+9, seed+10, seed+11, seed+12, seed+13
	for range rounds {
		a, b, c, d = a*0.5+b, b*0.25-c, c*0.75+d, d*0.125-e
		e, f, g, h = e*0.5+f, f*0.25-g, g*0.75+h, h*0.125-i
		i, j, k, l = i*0.5+j, j*0.25-k, k*0.75+l, l*0.125-m
		m, n = m*0.5+n, n*0.25-a+seed
	}
	return math.Float64bits(a + b + c + d + e + f + g + h + i + j + k + l + m + n)
}

// pairs has vectors of two floats and integers live together.
func pairs(seed complex128, rounds int) uint64 {
	a, b, c, d := seed, seed+1, seed+2i, seed+3
	x, y, z := uint64(1), uint64(2), uint64(3)
	for n := range rounds {
		a, b, c, d = a*0.5+b, b*0.25-c, c*0.75+d, d*0.125-a+seed
		x, y, z = x*3+y, y^bits.RotateLeft64(z, 7), z+uint64(n)
	}
	s := a + b + c + d
	return math.Float64bits(real(s)) ^ math.Float64bits(imag(s)) ^ x ^ y ^ z
}

// down calls f on a stack that has to grow for it, so that preempted frames are copied.
func down(depth int, f func() uint64) uint64 {
	var room [256]byte
	if depth == 0 {
		return f()
	}
	v := down(depth-1, f)
	runtime.KeepAlive(&room)
	return v
}

// A task that is preempted goes on with all of its registers, whatever the others had in them meanwhile, beside
// collections, on stacks that grow and shrink.
func TestPreempt_registers(t *testing.T) {
	rounds := 300_000
	if testing.Short() {
		rounds = 100_000
	}
	const tasks = 6
	kernels := []func(task int) uint64{
		func(task int) uint64 { return ints(uint64(task), rounds) },
		func(task int) uint64 { return floats(float64(task), rounds) },
		func(task int) uint64 { return pairs(complex(float64(task), 1), rounds) },
	}
	want := make([]uint64, tasks*len(kernels))
	for i := range want {
		want[i] = kernels[i%len(kernels)](i)
	}
	var over atomic.Bool
	collected := make(chan bool)
	go func() {
		defer close(collected)
		for !over.Load() {
			runtime.GC()
		}
	}()
	run(t, func() {
		spoiler := poller.Go(func() {
			for {
				poison.Registers()
				poller.Yield()
			}
		})
		// The machine decides how soon the tasks are preempted: they compute until they have been.
		preempted := func() bool { return poller.ReadStats().Slices >= tasks }
		for end := time.Now().Add(time.Minute); !preempted() && time.Now().Before(end); {
			var group poller.Group
			for i := range want {
				group.Go(func() error {
					for again := range 4 {
						if got := down(again*again, func() uint64 { return kernels[i%len(kernels)](i) }); got != want[i] {
							t.Errorf("task %d, kernel %d: %#x, want %#x", i, i%len(kernels), got, want[i])
						}
					}
					return nil
				})
			}
			group.Join()
		}
		spoiler.KillNoWait()
		if n := poller.ReadStats().Slices; !preempted() {
			t.Errorf("%d preemptions", n)
		} else {
			t.Logf("%d preemptions", n)
		}
	})
	over.Store(true)
	<-collected
}
