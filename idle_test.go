package stackful_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

var dump = make([]byte, 1<<20) // of ours

// ours returns the top function of each goroutine that has code of package stackful on
// its stack, or that it has made, but tests.
func ours() (tops []string) {
	n := runtime.Stack(dump, true)
	for ; n == len(dump); n = runtime.Stack(dump, true) {
		dump = make([]byte, 2*len(dump))
	}
	for _, g := range strings.Split(string(dump[:n]), "\n\n") {
		_, frames, _ := strings.Cut(g, "\n")
		if strings.Contains(frames, "testing.") || !strings.Contains(frames, "stackful-go/stackful.") {
			continue
		}
		call, _, _ := strings.Cut(frames, "\n")
		top := call[:strings.LastIndexByte(call, '(')]
		tops = append(tops, top)
	}
	return tops
}

// Without the goroutines that rest, none is found of stacks that have ended, and each of one
// that is suspended.
func TestIdleGoroutines(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // after two cycles of the collector none rests
	left := func() (left []string) {
		for _, top := range ours() {
			if !slices.Contains(stackful.IdleGoroutines(), top) {
				left = append(left, top)
			}
		}
		return left
	}
	before := len(left()) // what other tests have left behind, and will be ended
	done := make(chan bool)
	proceed := make(chan bool)
	suspended := make(chan bool)
	go func() {
		defer close(done)
		var all []*stack
		for range 300 { // more than there are trampolines, and at hand
			s := body(func(any) any { return up(nil) })
			s.Switch(nil)
			all = append(all, s)
		}
		suspended <- true
		<-proceed
		for _, s := range all {
			s.Switch(nil)
		}
	}()
	<-suspended
	if n := len(left()); n < 300 {
		t.Errorf("%d goroutines are found where 300 stacks are suspended", n)
	}
	close(proceed)
	<-done
	eventually(t, "none of their goroutines is left", func() bool { return len(left()) <= before })
}
