package asm

import (
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// each runs f on n goroutines that are all alive at once: none may get the g of
// another that has ended.
func each[T any](n int, f func() T) []T {
	results := make([]T, n)
	var ran, done sync.WaitGroup
	ran.Add(n)
	for i := range results {
		done.Go(func() {
			results[i] = f()
			ran.Done()
			ran.Wait()
		})
	}
	done.Wait()
	return results
}

func TestGoid(t *testing.T) {
	type pair struct{ fast, parsed uint64 }
	for _, p := range each(1000, func() pair {
		runtime.Gosched()
		return pair{Goid(), GoidParsed()}
	}) {
		if p.fast != p.parsed || p.fast == 0 {
			t.Errorf("Goid = %d, GoidParsed = %d", p.fast, p.parsed)
		}
	}
}

func TestGoid_isFast(t *testing.T) {
	if goidFast != native {
		t.Errorf("goidFast = %t, want %t: it must follow from the build alone", goidFast, native)
	}
}

func TestGoid_distinct(t *testing.T) {
	seen := map[uint64]bool{}
	for _, id := range each(1000, Goid) {
		if seen[id] {
			t.Errorf("two goroutines have id %d", id)
		}
		seen[id] = true
	}
}

func TestGoid_inCoroutine(t *testing.T) {
	next, stop := iter.Pull(func(yield func(uint64) bool) {
		yield(Goid())
		yield(GoidParsed())
	})
	defer stop()
	fast, _ := next()
	parsed, _ := next()
	if fast != parsed || fast == Goid() {
		t.Errorf("Goid in a coroutine = %d, parsed %d, of its caller %d", fast, parsed, Goid())
	}
}

func TestGoidParsed_matchesStack(t *testing.T) {
	buf := make([]byte, 1<<10)
	head, _, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), " [")
	digits, ok := strings.CutPrefix(head, "goroutine ")
	if want := strings.Fields(digits)[0]; !ok || want != utoa(GoidParsed()) {
		t.Errorf("GoidParsed = %d, the traceback begins with %q", GoidParsed(), head)
	}
}

func utoa(n uint64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return utoa(n/10) + string(rune('0'+n%10))
}

func TestG(t *testing.T) {
	if !haveG {
		if G() != 0 {
			t.Errorf("G = %#x without assembly, want 0", G())
		}
		return
	}
	seen := map[uintptr]bool{G(): true}
	for _, g := range each(1000, func() uintptr {
		before := G()
		runtime.Gosched()
		if after := G(); after != before {
			t.Errorf("G = %#x before a switch of goroutines, %#x after it", before, after)
		}
		return before
	}) {
		if seen[g] || g == 0 {
			t.Errorf("G = %#x on two goroutines", g)
		}
		seen[g] = true
	}
}

func BenchmarkGoid(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = Goid()
	}
}

func BenchmarkGoidParsed(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = GoidParsed()
	}
}

func BenchmarkG(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = G()
	}
}
