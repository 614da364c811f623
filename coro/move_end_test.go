package coro_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// movedReceivers are the ways for a coroutine to be the one that another one's end goes
// to. Each scene returns a receiver which, when it is switched to, waits for the end of a
// coroutine that calls leave, and then end.
var movedReceivers = map[string]func(leave func(), end func()) (receiver *coro.Coroutine){
	"kill": func(leave, end func()) *coro.Coroutine {
		victim := coro.New(func(any) any {
			defer func() { leave(); end() }()
			coro.Current().Parent().Switch(nil)
			return nil
		})
		victim.Switch(nil)
		return coro.New(func(any) any { victim.Kill(); return nil })
	},
	"kill of a sequence": func(leave, end func()) *coro.Coroutine {
		var victim *coro.Coroutine
		next, _ := coro.Pull(func(yield func(int) bool) {
			victim = coro.Current()
			defer func() { leave(); end() }()
			yield(1)
		})
		next()
		return coro.New(func(any) any { victim.Kill(); return nil })
	},
	"next": func(leave, end func()) *coro.Coroutine {
		next, _ := coro.Pull(func(yield func(int) bool) { yield(1); leave(); end() })
		next()
		return coro.New(func(any) any { next(); return nil })
	},
	"stop": func(leave, end func()) *coro.Coroutine {
		next, stop := coro.Pull(func(yield func(int) bool) { yield(1); leave(); end() })
		next()
		return coro.New(func(any) any { stop(); return nil })
	},
	"Send": func(leave, end func()) *coro.Coroutine {
		g := coro.NewGenerator(func(_ int, yield func(int) int) { leave(); end() })
		return coro.New(func(any) any { g.Send(1); return nil })
	},
	"Throw": func(leave, end func()) *coro.Coroutine {
		g := coro.NewGenerator(func(_ int, yield func(int) int) {
			defer func() { recover(); leave(); end() }()
			yield(1)
		})
		g.Send(1)
		return coro.New(func(any) any { g.Throw(errors.New("thrown")); return nil })
	},
}

// An end whose receiver is on another goroutine goes to the root of the one it left.
func TestMove_receiverElsewhere(t *testing.T) {
	for name, scene := range movedReceivers {
		for how, end := range map[string]func(){
			"returns": func() {},
			"panics":  func() { panic("end") },
			"Goexit":  runtime.Goexit,
		} {
			t.Run(name+", "+how, func(t *testing.T) { receiverElsewhere(t, scene, how, end) })
		}
	}
}

func receiverElsewhere(t *testing.T, scene func(leave, end func()) *coro.Coroutine, how string, end func()) {
	var left *coro.Coroutine
	var raised any
	returned := false
	elsewhere(func() {
		root := coro.Current()
		receiver := scene(func() { left = coro.Current(); root.Switch(nil) }, end)
		receiver.Switch(nil)
		receiver.Detach()
		attached, over := make(chan bool), make(chan bool)
		defer close(over)
		go func() { receiver.Attach(); close(attached); <-over }()
		<-attached
		if p := left.Parent(); p != root {
			t.Errorf("its parent is %v, want the root", p)
		}
		raised = panicOf(func() { left.Switch(nil); returned = true })
	})
	switch {
	case left == nil || !left.Dead():
		t.Errorf("did not end: %v", left)
	case returned != (how == "returns"):
		t.Errorf("the root's Switch returned: %v", returned)
	case (raised != nil) != (how == "panics"):
		t.Errorf("the root's Switch panicked: %v", raised)
	}
}

// A receiver that comes back before the end gets it.
func TestMove_receiverComesBack(t *testing.T) {
	root := coro.Current()
	for name, scene := range movedReceivers {
		var left *coro.Coroutine
		receiver := scene(func() { left = coro.Current(); root.Switch("left") }, func() {})
		if v := receiver.Switch(nil); v != "left" {
			t.Errorf("%s: got %v", name, v)
		}
		receiver.Detach()
		elsewhere(func() { receiver.Attach(); receiver.Detach() })
		receiver.Attach()
		left.Switch(nil)
		if !left.Dead() || !receiver.Dead() {
			t.Errorf("%s: ended: %v; received: %v", name, left.Dead(), receiver.Dead())
		}
	}
}

// The killer is itself ended while the killed coroutine's deferred call waits.
func TestKill_killerEndsFirst(t *testing.T) {
	root := coro.Current()
	for name, scene := range movedReceivers {
		var left *coro.Coroutine
		receiver := scene(func() { left = coro.Current(); root.Switch("left") }, func() {})
		receiver.Switch(nil)
		receiver.Kill()
		if !receiver.Dead() || left.Dead() {
			t.Errorf("%s: receiver dead: %v; the other: %v", name, receiver.Dead(), left.Dead())
		}
		if panicOf(func() { left.Switch(nil) }) != nil || !left.Dead() {
			t.Errorf("%s: the end did not arrive", name)
		}
	}
}
