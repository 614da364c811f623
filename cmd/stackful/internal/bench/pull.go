package bench

import (
	"context"
	"iter"

	"github.com/stackful-go/stackful/coro"
)

// An entry is a value of several words that is passed in registers.
type entry struct {
	key, value string
	n          int
}

// A point is one that is passed in memory.
type point struct {
	name string
	x    float64
	_    [2]float64
}

func benchPull(ctx context.Context, b *settings) ([]Result, error) {
	r := Result{Name: "pull", Unit: "ns", Figure: "median", About: "next(), the next value of a sequence"}
	err := b.compare(ctx, &r, []contender{
		{"coro.Pull, int", always(coroInts)},
		{"iter.Pull, int", always(iterInts)},
		{"coro.Pull, string", always(coroStrings)},
		{"iter.Pull, string", always(iterStrings)},
		{"coro.Pull, struct of 5 words", always(coroEntries)},
		{"iter.Pull, struct of 5 words", always(iterEntries)},
		{"coro.Pull, struct with an array", always(coroPoints)},
		{"iter.Pull, struct with an array", always(iterPoints)},
		{"coro.Pull, int, next kept elsewhere", keptElsewhere(coro.Pull[int])},
		{"iter.Pull, int, next kept elsewhere", keptElsewhere(iter.Pull[int])},
	}, []claim{
		{"coro.Pull, int", "iter.Pull, int", 4},
		{"coro.Pull, string", "iter.Pull, string", 4},
		{"coro.Pull, struct of 5 words", "iter.Pull, struct of 5 words", 4},
		{"coro.Pull, struct with an array", "iter.Pull, struct with an array", 4},
		{"coro.Pull, int, next kept elsewhere", "iter.Pull, int, next kept elsewhere", 4},
	})
	r.Notes = append(r.Notes, "In the function that calls Pull the compiler may inline next; where next is kept elsewhere it cannot.")
	return []Result{r}, err
}

// always is the contender that needs no preparation.
func always(run func(n int) int) func() (func(int) int, func()) {
	return func() (func(int) int, func()) { return run, nil }
}

// endless is a sequence of ints, texts one of strings, entries and points of structs.
func endless(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

func texts(yield func(string) bool) {
	for yield("text") {
	}
}

func entries(yield func(entry) bool) {
	for e := (entry{key: "k", value: "v"}); yield(e); e.n++ {
	}
}

func points(yield func(point) bool) {
	for p := (point{name: "p"}); yield(p); p.x++ {
	}
}

// These are the same function for different types, written out: as a generic one
// it would not be what users write.

func coroInts(n int) int {
	next, stop := coro.Pull(endless)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += v
	}
	sink += sum
	return n
}

func iterInts(n int) int {
	next, stop := iter.Pull(endless)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += v
	}
	sink += sum
	return n
}

func coroStrings(n int) int {
	next, stop := coro.Pull(texts)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += len(v)
	}
	sink += sum
	return n
}

func iterStrings(n int) int {
	next, stop := iter.Pull(texts)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += len(v)
	}
	sink += sum
	return n
}

func coroEntries(n int) int {
	next, stop := coro.Pull(entries)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += v.n
	}
	sink += sum
	return n
}

func iterEntries(n int) int {
	next, stop := iter.Pull(entries)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += v.n
	}
	sink += sum
	return n
}

func coroPoints(n int) int {
	next, stop := coro.Pull(points)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += int(v.x)
	}
	sink += sum
	return n
}

func iterPoints(n int) int {
	next, stop := iter.Pull(points)
	defer stop()
	sum := 0
	for range n {
		v, _ := next()
		sum += int(v.x)
	}
	sink += sum
	return n
}

func keptElsewhere(pull puller[int]) func() (func(int) int, func()) {
	return func() (func(int) int, func()) {
		next, stop := pull(endless)
		return func(n int) int {
			for range n {
				v, _ := next()
				sink += v
			}
			return n
		}, stop
	}
}
