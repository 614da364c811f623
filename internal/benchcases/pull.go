package benchcases

import (
	"iter"

	"github.com/stackful-go/stackful/coro"
)

// An entry is a value of several words that is passed in registers.
type entry struct {
	key, value string
	n          int
}

// A point is a value that is passed in memory: it has an array.
type point struct {
	name string
	x    float64
	_    [2]float64
}

// Next values of sequences: the compiler can inline next in these.
var (
	PullCoroInts    = always(coroInts)
	PullIterInts    = always(iterInts)
	PullCoroStrings = always(coroStrings)
	PullIterStrings = always(iterStrings)
	PullCoroEntries = always(coroEntries)
	PullIterEntries = always(iterEntries)
	PullCoroPoints  = always(coroPoints)
	PullIterPoints  = always(iterPoints)
)

// Next values of sequences of ints whose next is kept in a variable, which calls it by its
// address.
var (
	PullCoroElsewhere = keptElsewhere(coro.Pull[int])
	PullIterElsewhere = keptElsewhere(iter.Pull[int])
)

// Endless is a sequence of ints, texts one of strings, entries and points of structs.
func Endless(yield func(int) bool) {
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

// The loops, one for each type. They are inlined: Pull and the calls of next are then in one
// function, as in a program, and next would be inlined too if the compiler inlined Pull.
// One loop for all types would have to add up by a call.

func sumInts(next func() (int, bool), n int) (sum int) {
	for range n {
		v, _ := next()
		sum += v
	}
	return sum
}

func sumStrings(next func() (string, bool), n int) (sum int) {
	for range n {
		v, _ := next()
		sum += len(v)
	}
	return sum
}

func sumEntries(next func() (entry, bool), n int) (sum int) {
	for range n {
		v, _ := next()
		sum += v.n
	}
	return sum
}

func sumPoints(next func() (point, bool), n int) (sum int) {
	for range n {
		v, _ := next()
		sum += int(v.x)
	}
	return sum
}

func coroInts(n int) int {
	next, stop := coro.Pull(Endless)
	defer stop()
	sink += sumInts(next, n)
	return n
}

func coroStrings(n int) int {
	next, stop := coro.Pull(texts)
	defer stop()
	sink += sumStrings(next, n)
	return n
}

func coroEntries(n int) int {
	next, stop := coro.Pull(entries)
	defer stop()
	sink += sumEntries(next, n)
	return n
}

func coroPoints(n int) int {
	next, stop := coro.Pull(points)
	defer stop()
	sink += sumPoints(next, n)
	return n
}

func iterInts(n int) int {
	next, stop := iter.Pull(Endless)
	defer stop()
	sink += sumInts(next, n)
	return n
}

func iterStrings(n int) int {
	next, stop := iter.Pull(texts)
	defer stop()
	sink += sumStrings(next, n)
	return n
}

func iterEntries(n int) int {
	next, stop := iter.Pull(entries)
	defer stop()
	sink += sumEntries(next, n)
	return n
}

func iterPoints(n int) int {
	next, stop := iter.Pull(points)
	defer stop()
	sink += sumPoints(next, n)
	return n
}

// A puller is coro.Pull or iter.Pull.
type puller func(iter.Seq[int]) (func() (int, bool), func())

func keptElsewhere(pull puller) Case {
	return func() (func(int) int, func()) {
		next, stop := pull(Endless)
		return func(n int) int {
			for range n {
				v, _ := next()
				sink += v
			}
			return n
		}, stop
	}
}
