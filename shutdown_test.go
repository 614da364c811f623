package stackful_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

// restingCarriers returns how many goroutines are free stacks.
func restingCarriers() (n int) {
	for _, top := range ours() {
		if slices.Contains(stackful.IdleGoroutines(), top) && strings.HasPrefix(top, "trampoline") {
			n++
		}
	}
	return n
}

func TestShutdown(t *testing.T) {
	if !stackful.Backend().Native {
		stackful.Shutdown() // does nothing: the portable backend keeps no stacks
		return
	}
	use := func(n int) {
		var all []*stack
		for range n {
			s := body(func(any) any { return up(nil) })
			s.Switch(nil)
			all = append(all, s)
		}
		for _, s := range all {
			s.Switch(nil)
		}
	}
	stackful.Shutdown()
	before := runtime.NumGoroutine()
	for range 3 {
		use(300)
		done := make(chan bool)
		for range 20 {
			go func() { use(30); done <- true }()
		}
		for range 20 {
			<-done
		}
		suspended := body(func(any) any { return up(nil) })
		suspended.Switch(nil)
		if restingCarriers() < 100 {
			t.Errorf("only %d free stacks", restingCarriers())
		}
		eventually(t, "no goroutine is left of free stacks", func() bool {
			stackful.Shutdown()
			return runtime.NumGoroutine() <= before+1 // the suspended one
		})
		suspended.Switch(nil)
		if !suspended.Done() {
			t.Error("the suspended stack did not go on")
		}
		stackful.Shutdown()
	}
}

func TestIgnoreIdle(t *testing.T) {
	type option string
	got := stackful.IgnoreIdle(func(name string) option { return option(name) })
	if len(got) != len(stackful.IdleGoroutines()) || string(got[0]) != stackful.IdleGoroutines()[0] {
		t.Error(got)
	}
}
