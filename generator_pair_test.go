package stackful_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// testSplit yields pairs by their parts.
func testSplit[K, V comparable](t *testing.T, pairs ...stackful.Pair[K, V]) {
	t.Helper()
	t.Run(fmt.Sprintf("%T", pairs[0]), func(t *testing.T) {
		f := newProducer(func(yield func(stackful.Pair[K, V]) bool) {
			give := stackful.SplitYield(yield)
			for _, p := range pairs {
				if !give(p.K, p.V) {
					return
				}
			}
		})
		next := stackful.SplitNext(f.next())
		for i, want := range pairs {
			if k, v, ok := next(); k != want.K || v != want.V || !ok {
				t.Fatalf("pair %d is %v, %v, %v, want %v", i, k, v, ok, want)
			}
			if i%2 == 0 {
				runtime.GC()
			}
		}
		if _, _, ok := next(); ok {
			t.Error("ok at the end")
		}
	})
}

func TestSplit(t *testing.T) {
	type of4 struct{ a, b, c, d int }
	type of5 struct{ a, b, c, d, e int }
	testSplit(t, stackful.Pair[int, string]{1, "a"}, stackful.Pair[int, string]{2, "b"}, stackful.Pair[int, string]{3, "c"})
	testSplit(t, stackful.Pair[*int, any]{new(int), "a"}, stackful.Pair[*int, any]{nil, 2}, stackful.Pair[*int, any]{new(int), nil})
	testSplit(t, stackful.Pair[of4, of4]{of4{1, 2, 3, 4}, of4{5, 6, 7, 8}}, stackful.Pair[of4, of4]{of4{8, 7, 6, 5}, of4{4, 3, 2, 1}})
	// Parts that do not fill their registers, or are not passed in any of these; too many.
	testSplit(t, stackful.Pair[uint8, int]{255, -1}, stackful.Pair[uint8, int]{1, 2}, stackful.Pair[uint8, int]{2, 3})
	testSplit(t, stackful.Pair[string, bool]{"a", true}, stackful.Pair[string, bool]{"b", false}, stackful.Pair[string, bool]{"", true})
	testSplit(t, stackful.Pair[float64, int]{1.5, 1}, stackful.Pair[float64, int]{2.5, 2}, stackful.Pair[float64, int]{3.5, 3})
	testSplit(t, stackful.Pair[struct{}, int]{V: 1}, stackful.Pair[struct{}, int]{V: 2})
	testSplit(t, stackful.Pair[int, struct{}]{K: 1}, stackful.Pair[int, struct{}]{K: 2})
	testSplit(t, stackful.Pair[of5, of4]{of5{1, 2, 3, 4, 5}, of4{6, 7, 8, 9}}, stackful.Pair[of5, of4]{of5{a: 1}, of4{d: 2}})
	testSplit(t, stackful.Pair[[1]int, int]{[1]int{1}, 2}, stackful.Pair[[1]int, int]{[1]int{3}, 4})
}

// A yield of pairs takes the slow way while the collector marks: by its parts as well.
func TestSplit_whileMarking(t *testing.T) {
	besideGC(1<<30, func() {
		f := newProducer(func(yield func(stackful.Pair[int, *[2]int]) bool) {
			give := stackful.SplitYield(yield)
			for i := 0; give(i, &[2]int{i, -i}); i++ {
			}
		})
		next := stackful.SplitNext(f.next())
		for i := range scale(100_000, 5_000) {
			if k, v, ok := next(); !ok || k != i || *v != [2]int{i, -i} {
				t.Fatalf("pair %d is %v, %v, %v", i, k, v, ok)
			}
		}
		f.s.Resume(false)
	})
}
