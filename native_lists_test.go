package stackful

import (
	"fmt"
	"io"
	"runtime/trace"
	"slices"
	"testing"
)

// listsOf says whether the carrier of a suspended stack holds a list for it.
func listsOf(s *Stack) bool {
	return *wordOf(s.carrier(), gPanic)|*wordOf(s.carrier(), gDefer) != 0
}

// Stacks with a list of deferred calls, which come and go, take turns with stacks
// that have none: each keeps its own, and listed says where there is one.
func TestLists_stayWithTheirStack(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	ways := map[string]func(t *testing.T) (undo func()){
		"fast": func(*testing.T) func() { return func() {} },
		"traced": func(t *testing.T) func() { // the goroutine starts while the tracer runs
			if err := trace.Start(io.Discard); err != nil {
				t.Skip(err)
			}
			return trace.Stop
		},
		"careful": func(*testing.T) func() {
			old := SetSwitchHook(func(from, to *Stack, top bool) {})
			return func() { SetSwitchHook(old) }
		},
	}
	for name, begin := range ways {
		t.Run(name, func(t *testing.T) {
			if name == "traced" && !inOwnProcess(t) {
				return
			}
			defer begin(t)()
			done := make(chan bool)
			go func() {
				defer close(done)
				if name == "careful" {
					defer begin(t)()
				}
				takeTurnsWithLists(t)
			}()
			<-done
		})
	}
}

func takeTurnsWithLists(t *testing.T) {
	const rounds = 4
	root := Current()
	var got [3][]string
	look := func(s *Stack, when string) {
		if bit, is := s.host&hasDeferOrPanic != 0, listsOf(s); bit != is {
			t.Errorf("%s: listed is %t, but that there are lists is %t", when, bit, is)
		}
	}
	var stacks []*Stack
	for i := range got {
		note := func(f string, args ...any) { got[i] = append(got[i], fmt.Sprintf(f, args...)) }
		back := func() {
			root.Switch(nil)
			look(root, fmt.Sprintf("root, seen by stack %d", i))
		}
		stacks = append(stacks, New(func(any) (*Stack, any) {
			back()
			for r := range rounds {
				func() {
					defer func() {
						note("recovered %v", recover())
						back() // while a panic is on the list
					}()
					for k := range i { // a list of i records, on the heap
						defer note("deferred %d.%d", r, k)
					}
					back()
					if r%2 == 1 {
						panic(r)
					}
				}()
			}
			return nil, nil
		}))
	}
	// The root has a list in every other round.
	turn := func(round int) {
		for i, s := range stacks {
			s.Switch(nil)
			if s.Done() {
				continue
			}
			look(s, fmt.Sprintf("stack %d after turn %d", i, round))
		}
	}
	var rooted []string
	for round := 0; !stacks[len(stacks)-1].Done(); round++ {
		if round%2 == 0 {
			turn(round)
			continue
		}
		func() {
			for k := range 2 {
				defer func() { rooted = append(rooted, fmt.Sprint(round, k)) }()
			}
			turn(round)
		}()
	}
	for i, g := range got {
		var want []string
		for r := range rounds {
			for k := i - 1; k >= 0; k-- {
				want = append(want, fmt.Sprintf("deferred %d.%d", r, k))
			}
			if r%2 == 1 {
				want = append(want, fmt.Sprintf("recovered %d", r))
			} else {
				want = append(want, "recovered <nil>")
			}
		}
		if !slices.Equal(g, want) {
			t.Errorf("stack %d: %v, want %v", i, g, want)
		}
	}
	if want := []string{"1 1", "1 0", "3 1", "3 0"}; len(rooted) < 4 || !slices.Equal(rooted[:4], want) {
		t.Errorf("the root ran %v, want %v and so on", rooted, want)
	}
}
