package stackful_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// The profiler reads the stacks of parked goroutines while the world runs, and
// without their scan lock: a carrier whose stack were exchanged meanwhile would
// be recorded in part, or with frames that were popped long ago. So stacks are
// switched among that have nothing on them when they rest but a certain number of
// frames of a certain function, and much else when they run.

const (
	restDepth  = 10 // a StackRecord has room for 32 frames
	restStacks = 12
	resters    = 2 // goroutines, with restStacks each
)

//go:noinline
func restA(n int) int {
	if n == 0 {
		up(nil)
		return 1
	}
	return restA(n-1) + 1
}

//go:noinline
func restB(n int) int {
	var wide [9]int // frames of another size
	if n == 0 {
		up(nil)
		return 1
	}
	wide[n%9] = n
	return restB(n-1) + wide[n%9] - n + 1
}

// stir overwrites, with return addresses of its own, where frames at rest were.
//
//go:noinline
func stir(n int) int {
	var odd [5]int
	if n == 0 {
		return 0
	}
	odd[n%5] = 1
	return stir(n-1) + odd[n%5]
}

var restFunctions = map[string]bool{here + "restA": true, here + "restB": true}

// rest is the body of the stacks: it comes to rest in one of the two functions.
func rest(stop *atomic.Bool) func(any) any {
	return func(any) any {
		for !stop.Load() {
			restA(restDepth - 1)
			stir(40)
			restB(restDepth - 1)
			stir(25)
		}
		return nil
	}
}

// resting tells whether a record shows a stack that has come to rest, and if
// not, whether it is one of those stacks at all.
func resting(record []uintptr) (whole, ours bool) {
	counts := map[string]int{}
	bottom := ""
	for frames := runtime.CallersFrames(record); ; {
		f, more := frames.Next()
		counts[f.Function]++
		bottom = f.Function
		if !more {
			break
		}
	}
	for name, n := range counts {
		if restFunctions[name] {
			ours = true
			whole = whole || n == restDepth && bottom == "runtime.goexit"
		}
		ours = ours || name == here+"stir"
	}
	return whole && counts[here+"stir"] == 0 && !(counts[here+"restA"] > 0 && counts[here+"restB"] > 0), ours
}

func TestProfile_wholeStacks(t *testing.T) {
	needNative(t)
	var stop atomic.Bool
	var ended sync.WaitGroup
	started := make(chan bool, resters)
	for range resters {
		ended.Go(func() {
			var stacks []*stack
			for range restStacks {
				stacks = append(stacks, body(rest(&stop)))
				stacks[len(stacks)-1].Switch(nil)
			}
			started <- true
			for left := restStacks; left > 0; {
				left = 0
				for _, s := range stacks {
					if !s.Done() {
						left++
						s.Switch(nil)
					}
				}
			}
		})
	}
	for range resters {
		<-started
	}
	seen := 0
	for range scale(400, 100) {
		records := make([]runtime.StackRecord, runtime.NumGoroutine()+100)
		n, ok := runtime.GoroutineProfile(records)
		if !ok {
			continue // carriers were made meanwhile
		}
		broken := []string{}
		for _, r := range records[:n] {
			whole, ours := resting(r.Stack())
			if ours {
				seen++
			}
			if ours && !whole {
				broken = append(broken, frameNames(r.Stack()))
			}
		}
		// A goroutine that runs is recorded where it is, on whichever stack.
		if len(broken) > resters {
			t.Errorf("%d stacks were not at rest, of %d goroutines that switch:\n%s", len(broken), resters, strings.Join(broken, "\n"))
			break
		}
	}
	stop.Store(true)
	ended.Wait()
	if seen == 0 {
		t.Error("no stack was seen in any profile")
	}
}

func frameNames(record []uintptr) string {
	var names []string
	for frames := runtime.CallersFrames(record); ; {
		f, more := frames.Next()
		names = append(names, fmt.Sprintf("%s:%d", f.Function[strings.LastIndexByte(f.Function, '.')+1:], f.Line))
		if !more {
			return strings.Join(names, " ")
		}
	}
}
