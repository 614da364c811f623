package coro_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

var (
	keptLocal   coro.Local[string]
	keptInherit = coro.Local[string]{Inherit: true}
)

// What a goroutine's root was given lasts as long as the goroutine, also where nothing refers
// to the root.
func TestRoot_lasts(t *testing.T) {
	for name, c := range map[string]struct {
		set   func()
		there func() bool
	}{
		"Local":        {func() { keptLocal.Set("mine") }, func() bool { return keptLocal.Get() == "mine" }},
		"inherited":    {func() { keptInherit.Set("mine") }, func() bool { return keptInherit.Get() == "mine" }},
		"SetName":      {func() { coro.Current().SetName("mine") }, func() bool { return coro.Current().Name() == "mine" }},
		"SetLabels":    {func() { coro.SetLabels(true) }, func() bool { return coro.SetLabels(false) }},
		"SetUnhandled": {func() { coro.SetUnhandled(func(*coro.Coroutine, error) {}) }, func() bool { return coro.SetUnhandled(nil) != nil }},
		"SetTrace": {
			func() { coro.SetTrace(func(coro.Event, *coro.Coroutine, *coro.Coroutine) {}) },
			func() bool { return coro.SetTrace(nil) != nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			set, check, checked := make(chan bool), make(chan bool), make(chan bool)
			there := false
			go func() {
				defer close(checked)
				c.set()
				close(set)
				<-check
				there = c.there()
			}()
			<-set
			var others sync.WaitGroup
			for range 600 { // more than the owners that are kept at hand
				others.Go(func() { coro.Current() })
			}
			others.Wait()
			for range 4 {
				runtime.GC()
			}
			close(check)
			<-checked
			if !there {
				t.Error("it is gone")
			}
		})
	}
}
