package conformance

import (
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// many returns n, or less where coroutines are slow.
func many(n int) int {
	if testing.Short() || !stackful.Backend().Native {
		return n / 20
	}
	return n
}

// memory returns what the process uses for heap and stacks.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// steady checks that memory does not grow by more than a megabyte a round. It may at
// first, until there are as many carriers, and as many stacks in the runtime's lists, as
// ever are needed at once: then more rounds tell, since what leaks goes on growing.
func steady(t *testing.T, round func()) {
	t.Helper()
	round()
	round()
	before := memory()
	for rounds := int64(4); ; rounds += 4 {
		for range 4 {
			round()
		}
		growth := memory() - before
		if growth <= rounds<<20 {
			return
		}
		if rounds == 20 {
			t.Errorf("memory grew by %d bytes in %d rounds", growth, rounds)
			return
		}
	}
}

func TestG125_untracked_memory_doesnt_increase(t *testing.T) {
	steady(t, func() {
		for range many(10_000) {
			coro.New(nothing).Switch(nil)
		}
	})
}

func TestG126_untracked_memory_doesnt_increase_unfinished_thread_dealloc_in_thread(t *testing.T) {
	n := many(20_000)
	steady(t, func() {
		exits := 0
		for range n {
			abandonable(waiting(&exits))
		}
		reap(t, &exits, n)
	})
}

func TestG127_untracked_memory_doesnt_increase_unfinished_thread_dealloc_in_main(t *testing.T) {
	n := many(20_000)
	steady(t, func() {
		exits := 0
		onGoroutine(func() {
			scope := coro.NewScope()
			defer scope.Close()
			for range n {
				scope.New(waiting(&exits)).Switch(nil)
			}
		})
		equal(t, exits, n)
	})
}
