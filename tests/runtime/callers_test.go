package goruntime

import (
	"runtime"
	"testing"
)

// callers_test.go: what runtime.Callers shows in panics, of functions that were
// left and resumed.

//go:noinline
func callersA(s *stage, f func()) { s.at(); callersB(s, f); s.at() }

//go:noinline
func callersB(s *stage, f func()) { s.at(); f(); s.at() }

var callerScenes = map[string]scene{
	"panic": func(s *stage) {
		defer func() { s.at(); s.callers(); s.note("%v", recover()); s.callers() }()
		callersA(s, func() { panic("oops") })
	},
	"double panic": func(s *stage) {
		defer func() { s.at(); s.callers(); s.note("%v", recover()) }()
		callersA(s, func() {
			defer func() { s.at(); s.callers(); panic("second") }()
			callersB(s, func() { panic("first") })
		})
	},
	"after recovery": func(s *stage) {
		defer func() { s.at(); s.callers() }()
		defer func() { s.note("%v", recover()); s.at(); s.callers() }()
		callersA(s, func() { panic(1) })
	},
	"panic that is given up": func(s *stage) {
		defer func() { s.at(); s.note("%v", recover()); s.callers() }()
		defer func() {
			defer func() { s.at(); s.note("%v", recover()); s.callers() }()
			s.at()
			panic("two")
		}()
		callersA(s, func() { panic("one") })
	},
	"nil pointer": func(s *stage) {
		defer func() { s.at(); s.callers(); s.note("%v", recover() != nil) }()
		var p *int
		callersA(s, func() { s.note("%d", *p) })
	},
	"division": func(s *stage) {
		defer func() { s.at(); s.callers(); s.note("%v", recover() != nil) }()
		zero := 0
		callersA(s, func() { s.note("%d", 1/zero) })
	},
	"Goexit": func(s *stage) {
		defer func() { s.at(); s.callers() }()
		callersA(s, func() { defer s.callers(); s.at(); runtime.Goexit() })
	},
	"method value and wrapper": func(s *stage) {
		var i interface{ wrapped(*stage) } = &outer{}
		f := i.wrapped
		s.at()
		f(s)
	},
	"no panic at all": func(s *stage) { callersA(s, func() { callersA(s, s.callers) }) },
}

type inner struct{ _ int }

//go:noinline
func (*inner) wrapped(s *stage) { s.at(); s.callers() }

type outer struct {
	_ int
	inner
}

func TestCallers(t *testing.T) {
	for name, f := range callerScenes {
		t.Run(name, func(t *testing.T) { everyWhere(t, f) })
	}
}
