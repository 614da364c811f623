package poller

import (
	"fmt"
	"strings"
	"testing"
)

// A model is a small program in steps whose orders can all be gone through. S is its
// whole state, and what one step leads to depends on nothing else.
type model[S comparable] struct {
	// next calls emit for each step that is possible in s, with a name for the step and
	// the state that it leads to. It returns what is wrong with s, "" if nothing is.
	next func(s S, emit func(name string, to S)) (wrong string)

	// isOver reports whether there may be no further step in s. If there is none, and it
	// may not be, a waiter waits for ever.
	isOver func(s S) bool
}

// explore visits all states that can be reached, and returns their number, and the steps to
// the first that is wrong or where a waiter waits for ever: nil if there is none. It ends
// with an error beyond limit states.
func (m model[S]) explore(start S, limit int) (states int, trace []string, err error) {
	type origin struct {
		from int
		name string
	}
	index := map[S]int{start: 0}
	all := []S{start}
	origins := []origin{{from: -1}}
	fail := func(i int, what string) []string {
		trace := []string{what}
		for ; i > 0; i = origins[i].from {
			trace = append(trace, origins[i].name)
		}
		for i, j := 0, len(trace)-1; i < j; i, j = i+1, j-1 {
			trace[i], trace[j] = trace[j], trace[i]
		}
		return trace
	}
	for i := 0; i < len(all); i++ {
		steps := 0
		wrong := m.next(all[i], func(name string, to S) {
			steps++
			if _, ok := index[to]; !ok {
				index[to] = len(all)
				all = append(all, to)
				origins = append(origins, origin{i, name})
			}
		})
		if wrong == "" && steps == 0 && !m.isOver(all[i]) {
			wrong = "nothing goes on, and not all are done"
		}
		if wrong != "" {
			return len(all), fail(i, wrong), nil
		}
		if len(all) > limit {
			return len(all), nil, fmt.Errorf("more than %d states", limit)
		}
	}
	return len(all), nil, nil
}

// check fails the test unless the model is right; or, if it is known to be broken, wrong.
func (m model[S]) check(t *testing.T, start S, limit int, broken bool) {
	t.Helper()
	states, trace, err := m.explore(start, limit)
	switch {
	case err != nil:
		t.Fatal(err)
	case !broken && trace != nil:
		t.Errorf("%d states; in this order:\n\t%s", states, strings.Join(trace, "\n\t"))
	case broken && trace == nil:
		t.Errorf("%d states, and the model has not noticed that it is broken", states)
	case broken:
		t.Logf("%d states; %d steps lead to: %s", states, len(trace)-1, trace[len(trace)-1])
	default:
		t.Logf("%d states", states)
	}
}

// A storeBuffer is what a processor has stored by ordinary stores, and others do not see
// yet. They are seen in the order in which they were made (the order of amd64, "TSO");
// the processor itself sees them at once.
type storeBuffer struct {
	n      int8
	stores [4]bufferedStore
}

type bufferedStore struct{ variable, value int8 }

func (b *storeBuffer) isFull() bool { return int(b.n) == len(b.stores) }

func (b *storeBuffer) store(variable, value int8) {
	b.stores[b.n] = bufferedStore{variable, value}
	b.n++
}

// load returns the value of variable for the buffer's own processor, if it is in memory.
func (b *storeBuffer) load(variable, memory int8) int8 {
	for i := b.n - 1; i >= 0; i-- {
		if b.stores[i].variable == variable {
			return b.stores[i].value
		}
	}
	return memory
}

// drain takes the oldest store out of the buffer, which is not empty.
func (b *storeBuffer) drain() bufferedStore {
	first := b.stores[0]
	b.n--
	copy(b.stores[:], b.stores[1:])
	b.stores[len(b.stores)-1] = bufferedStore{}
	return first
}
