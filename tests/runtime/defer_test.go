package goruntime

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
)

var scenes = map[string]scene{
	// defer_test.go
	"unconditional panic": func(s *stage) {
		defer func() {
			s.at()
			s.note("recovered %v", recover())
		}()
		s.at()
		panic("testUnconditional")
	},
	"open-coded and other deferred calls": func(s *stage) {
		x := func() {
			for i := range 3 { // in a loop: a list of records
				s.at()
				defer func() { s.at(); s.note("loop %d: %v", i, recover()) }()
			}
			defer func() { s.at(); s.note("last: %v", recover()) }() // and one that is not
			s.at()
			panic("in the frame of both")
		}
		defer s.note("first")
		x()
	},
	"conditional deferred calls": func(s *stage) {
		for mask := range 8 {
			func() {
				if mask&1 != 0 {
					defer func() { s.at(); s.note("%d a", mask) }()
				}
				s.at()
				if mask&2 != 0 {
					defer func() { s.note("%d b", mask); s.at() }()
				}
				if mask&4 != 0 {
					s.at()
					defer func() { s.note("%d c %v", mask, recover()) }()
					panic(mask)
				}
			}()
		}
	},
	"deferred calls of interleaved frames": func(s *stage) {
		var down func(n int)
		down = func(n int) {
			for i := range 2 {
				defer func() { s.at(); s.note("%d.%d", n, i) }()
			}
			s.at()
			if n > 0 {
				down(n - 1)
			}
			s.note("back in %d", n)
		}
		down(6)
	},
	"a deferred call that is gone": func(s *stage) {
		outer := func() (result string) {
			defer func() {
				s.at()
				result = fmt.Sprint(recover())
			}()
			func() {
				defer func() {
					s.at()
					defer func() { s.at(); panic(fmt.Sprint("replaced ", recover())) }()
					s.at()
					panic("second")
				}()
				panic("first")
			}()
			return "never"
		}
		s.note("%s", outer())
	},
	"results set by deferred calls": func(s *stage) {
		f := func() (a int, err error) {
			defer func() {
				s.at()
				if p := recover(); p != nil {
					err = fmt.Errorf("%v after %d", p, a)
				}
			}()
			a = 5
			s.at()
			panic(errors.New("an error"))
		}
		a, err := f()
		s.note("%d %v", a, err)
	},
	"arguments of deferred calls": func(s *stage) { // DeferPtrs: pointers into the stack that moves
		local := 1
		p := &local
		defer func(q *int) {
			s.at()
			grow(300)
			s.note("%v %d %d", p == q, *p, *q)
		}(&local)
		s.at()
		grow(100)
		local = 7
		s.at()
	},
	"many deferred calls": func(s *stage) {
		const n = 200
		sum := 0
		func() {
			for i := range n {
				defer func() {
					if i%40 == 0 {
						s.at()
					}
					sum += i
				}()
			}
			s.at()
		}()
		s.note("%d", sum)
	},
	"a loop of recovered panics": func(s *stage) {
		for i := range 5 {
			func() {
				defer func() { s.note("%v", recover()) }()
				defer s.at()
				s.at()
				panic(i)
			}()
		}
	},
	"range over a function": func(s *stage) {
		seq := func(yield func(int) bool) {
			defer func() { s.at(); s.note("sequence over") }()
			for i := range 5 {
				s.at()
				if !yield(i) {
					return
				}
			}
		}
		func() {
			for i := range seq {
				s.at()
				defer func() { s.at(); s.note("deferred in the loop %d", i) }()
				if i == 2 {
					return
				}
			}
		}()
		func() {
			defer func() { s.at(); s.note("recovered %v", recover()) }()
			for i := range seq {
				if s.at(); i == 1 {
					panic("in the body")
				}
			}
		}()
	},

	// panic_test.go, panicnil_test.go, crash_test.go
	"recover matches": func(s *stage) {
		try := func(name string, f func() any) { s.at(); s.note("%s: %v", name, f()) }
		defer func() {
			try("direct", func() any { return recover() }) // not called by the deferred function itself: nil
			s.at()
			func() { s.note("deeper: %v", recover()) }()
			s.at()
			s.note("here: %v", recover())
			s.at()
			s.note("again: %v", recover())
		}()
		panic("one")
	},
	"recursive panics": func(s *stage) {
		func() {
			defer func() { s.at(); s.note("outer %v", recover()) }()
			func() {
				defer func() {
					s.at()
					s.note("inner %v", recover())
					s.at()
					panic("again")
				}()
				s.at()
				panic("first")
			}()
		}()
		func() {
			defer func() { s.at(); s.note("%v", recover()) }()
			defer func() { s.at(); panic(3) }()
			defer func() { s.at(); panic(2) }()
			panic(1)
		}()
	},
	"panic in a deferred call of a panic that is recovered": func(s *stage) {
		defer func() { s.at(); s.note("top: %v", recover()) }()
		defer func() {
			defer func() { s.at(); s.note("nested: %v", recover()) }()
			s.at()
			panic("second")
		}()
		panic("first")
	},
	"panic nil": func(s *stage) {
		defer func() {
			_, isNilError := recover().(*runtime.PanicNilError)
			s.at()
			s.note("%v", isNilError)
		}()
		s.at()
		panic(nil)
	},
	"kinds of faults": func(s *stage) {
		var nilPointer *[10]int
		var nilMap map[string]int
		var nilFunc func()
		zero := 0
		for name, f := range ordered(
			"nil", func() { s.note("%d", nilPointer[3]) },
			"division", func() { s.note("%d", 1/zero) },
			"index", func() { s.note("%d", make([]int, 1)[zero+5]) },
			"map", func() { nilMap["a"] = 1 },
			"func", func() { nilFunc() },
			"type", func() { var v any = 1; s.note("%s", v.(string)) },
			"close", func() { c := make(chan int); close(c); close(c) },
			"deferred nil func", func() { defer nilFunc(); s.at() },
		) {
			func() {
				defer func() { s.at(); s.note("%s: %v", name, recover()) }()
				s.at()
				f()
			}()
		}
	},
	"Goexit": func(s *stage) {
		defer s.note("first deferred")
		defer func() { s.at(); s.note("recovered %v", recover()) }()
		for i := range 2 {
			defer func() { s.at(); s.note("in a loop %d", i) }()
		}
		s.at()
		runtime.Goexit()
	},
	"Goexit in a panic": func(s *stage) {
		defer func() { s.at(); s.note("recovered %v", recover()) }()
		defer func() { s.at(); runtime.Goexit() }()
		s.at()
		panic("given up")
	},
	"panic in a Goexit": func(s *stage) { // RecoverBeforePanicAfterGoexit
		defer func() {
			s.at()
			s.note("outer %v", recover())
		}()
		defer func() {
			defer func() { s.at(); s.note("inner %v", recover()) }()
			s.at()
			panic("while exiting")
		}()
		s.at()
		runtime.Goexit()
	},
	"panic after a recovered panic in a Goexit": func(s *stage) {
		for i := range 2 {
			defer func() { s.at(); s.note("%d %v", i, recover()) }()
		}
		for range 1 {
			defer func() {
				s.at()
				s.note("one %v", recover())
				panic("two")
			}()
		}
		defer func() { s.at(); panic("one") }()
		runtime.Goexit()
	},
}

// ordered is a map that keeps its order.
func ordered(pairs ...any) func(yield func(string, func()) bool) {
	return func(yield func(string, func()) bool) {
		for i := 0; i < len(pairs); i += 2 {
			if !yield(pairs[i].(string), pairs[i+1].(func())) {
				return
			}
		}
	}
}

func TestScenes(t *testing.T) {
	for name, f := range scenes {
		t.Run(name, func(t *testing.T) { everyWhere(t, f) })
	}
}
