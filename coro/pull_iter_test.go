package coro_test

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// What package iter tests of Pull and Pull2, done to iter's and to ours: all short
// scripts of next and stop, on sequences that end in every way.

// A pullRun notes what happens in a sequence and to its consumer.
type pullRun struct{ notes []string }

func (r *pullRun) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// offer yields i, and notes.
func (r *pullRun) offer(yield func(int, string) bool, i int) bool {
	r.note("yield %d", i)
	more := yield(i, strings.Repeat("x", i))
	r.note("more %v", more)
	return more
}

var pullSequences = map[string]func(r *pullRun, yield func(int, string) bool){
	"empty": func(*pullRun, func(int, string) bool) {},
	"two": func(r *pullRun, yield func(int, string) bool) {
		defer r.note("deferred")
		_ = r.offer(yield, 1) && r.offer(yield, 2)
	},
	"goes on after false": func(r *pullRun, yield func(int, string) bool) {
		for i := range 3 {
			r.offer(yield, i)
		}
	},
	"panics at once": func(*pullRun, func(int, string) bool) { panic("boom 0") },
	"panics after one": func(r *pullRun, yield func(int, string) bool) {
		defer r.note("deferred")
		r.offer(yield, 1)
		panic("boom 1")
	},
	"recovers": func(r *pullRun, yield func(int, string) bool) {
		defer func() { r.note("recovered %v", recover()) }()
		r.offer(yield, 1)
		panic("kept")
	},
	"yields in a deferred call": func(r *pullRun, yield func(int, string) bool) {
		defer func() { r.offer(yield, 2) }()
		r.offer(yield, 1)
	},
	"yields while panicking": func(r *pullRun, yield func(int, string) bool) {
		defer func() { r.offer(yield, 2) }()
		r.offer(yield, 1)
		panic("boom 2")
	},
	"exits at once": func(*pullRun, func(int, string) bool) { runtime.Goexit() },
	"exits after one": func(r *pullRun, yield func(int, string) bool) {
		defer r.note("deferred")
		r.offer(yield, 1)
		runtime.Goexit()
	},
}

// follow runs a script on a goroutine of its own.
func (r *pullRun) follow(script string, next func() (int, string, bool), stop func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		step := func(op rune) (returned bool) {
			defer func() {
				if p := recover(); p != nil {
					r.note("panic %v", p)
					returned = true
				} else if !returned {
					r.note("Goexit")
				}
			}()
			if op == 's' {
				stop()
				r.note("stopped")
			} else {
				i, s, ok := next()
				r.note("next %d %q %v", i, s, ok)
			}
			return true
		}
		for i, op := range script {
			rest := script[i+1:]
			func() {
				exited := true
				defer func() {
					if exited { // what may still be called, by deferred calls
						for _, op := range rest {
							step(op)
						}
					}
				}()
				step(op)
				exited = false
			}()
		}
	}()
	<-done
}

func TestPull_asIter(t *testing.T) {
	type pull2 = func(iter.Seq2[int, string]) (func() (int, string, bool), func())
	// Pull by way of Pull2's form, so that one script fits both.
	single := func(pull func(iter.Seq[int]) (func() (int, bool), func())) pull2 {
		return func(seq iter.Seq2[int, string]) (func() (int, string, bool), func()) {
			next, stop := pull(func(yield func(int) bool) { seq(func(i int, _ string) bool { return yield(i) }) })
			return func() (int, string, bool) { i, ok := next(); return i, "", ok }, stop
		}
	}
	for form, pulls := range map[string][2]pull2{
		"Pull":  {single(iter.Pull[int]), single(coro.Pull[int])},
		"Pull2": {iter.Pull2[int, string], coro.Pull2[int, string]},
	} {
		for name, seq := range pullSequences {
			for _, script := range scripts(5) {
				var runs [2]pullRun
				for i, pull := range pulls {
					r := &runs[i]
					next, stop := pull(func(yield func(int, string) bool) { seq(r, yield) })
					r.follow(script+"s", next, stop) // so that nothing stays suspended
				}
				if !slices.Equal(runs[0].notes, runs[1].notes) {
					t.Errorf("%s, %s, script %s:\n%s\niter's:\n%s", form, name, script,
						strings.Join(runs[1].notes, "\n"), strings.Join(runs[0].notes, "\n"))
				}
			}
		}
	}
}

// scripts returns all words of n and s up to a length.
func scripts(n int) (all []string) {
	last := []string{""}
	for range n {
		var longer []string
		for _, s := range last {
			longer = append(longer, s+"n", s+"s")
		}
		all = append(all, longer...)
		last = longer
	}
	return all
}
