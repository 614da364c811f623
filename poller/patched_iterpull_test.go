//go:build linux && !poller_std

package poller

import (
	"fmt"
	"io"
	"iter"
	"runtime"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A sequence that iter.Pull runs is a coroutine of the task: what waits in it parks the task.
func TestPatched_iterPull(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		ticks := 0
		tick := Go(func() {
			for ; ; ticks++ {
				time.Sleep(time.Microsecond)
			}
		})
		c := make(chan int)
		Go(func() {
			for i := range 5 {
				time.Sleep(100 * time.Microsecond)
				c <- i
			}
			close(c)
		})
		seq := func(yield func(int) bool) {
			var mu sync.Mutex
			mu.Lock() // held across yields and waits
			defer mu.Unlock()
			for v := range c {
				time.Sleep(10 * time.Microsecond)
				if !yield(v) {
					return
				}
			}
		}
		next, stop := iter.Pull(seq)
		var got []int
		for v, ok := next(); ok; v, ok = next() {
			got = append(got, v)
		}
		stop()
		if want := []int{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if ticks < 5 {
			t.Errorf("%d ticks beside", ticks)
		}
		tick.Kill()
	})
}

// Pull2, sequences inside of sequences, and one that is stopped early, whose deferred call waits.
func TestPatched_iterPullNested(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		waited := 0
		numbers := func(yield func(int, string) bool) {
			defer func() { time.Sleep(time.Microsecond); waited++ }()
			for i := 0; ; i++ {
				<-time.After(time.Microsecond)
				if !yield(i, "x") {
					return
				}
			}
		}
		doubled := func(yield func(int) bool) {
			next, stop := iter.Pull2(numbers)
			defer stop()
			for {
				v, _, _ := next()
				<-time.After(time.Microsecond)
				if !yield(2 * v) {
					return
				}
			}
		}
		var all []*Task
		for range 5 {
			all = append(all, Go(func() {
				next, stop := iter.Pull(doubled)
				for i := range 10 {
					if v, ok := next(); v != 2*i || !ok {
						t.Errorf("got %d, %t", v, ok)
					}
				}
				stop()
				if _, ok := next(); ok {
					t.Error("goes on after stop")
				}
			}))
		}
		needNil(t, JoinAll(all...))
		if waited != 5 {
			t.Errorf("%d deferred calls were made", waited)
		}
	})
}

// A panic in a pulled sequence is next's, and a task that is killed in one ends it.
func TestPatched_iterPullEnds(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		next, stop := iter.Pull(func(func(int) bool) {
			time.Sleep(time.Microsecond)
			panic("in the sequence")
		})
		if v := panicOf(func() { next() }); v != "in the sequence" {
			t.Errorf("next panics with %v", v)
		}
		stop()
		deferred := 0
		victim := waitingTask(func() {
			defer func() { deferred++ }()
			next, stop := iter.Pull(func(func(int) bool) {
				defer func() { deferred++ }()
				<-make(chan int)
			})
			defer stop()
			next()
		})
		victim.Kill()
		if err := victim.Err(); err != ErrKilled || deferred != 2 {
			t.Errorf("%v, %d deferred calls were made", err, deferred)
		}
	})
}

// What a caller may do wrong, and the ways to end, are as in goroutines.
func TestPatched_iterPullLikeGoroutine(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		got := pulledWrongly()
		want, err := Await(func() ([]string, error) { return pulledWrongly(), nil })
		needNil(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func pulledWrongly() (said []string) {
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	call := func(what string, next func() (int, bool)) {
		var v int
		var ok bool
		p := panicOf(func() { v, ok = next() })
		say("%s: %d, %t, %v", what, v, ok, p)
	}
	var next func() (int, bool)
	var stop func()
	var kept func(int) bool
	pull := func(seq iter.Seq[int]) { next, stop = iter.Pull(seq) }

	pull(func(yield func(int) bool) {
		kept = yield
		call("next in the sequence", next)
		yield(1)
		call("next in the sequence again", next)
		yield(2)
	})
	call("first", next)
	say("yield outside: %v", panicOf(func() { kept(7) }))
	call("second", next)
	call("end", next)
	call("after the end", next)
	say("yield after the end: %t", kept(1))

	pull(func(func(int) bool) { say("not to be seen") })
	stop()
	stop()
	call("never begun", next)

	pull(func(yield func(int) bool) {
		say("yield: %t", yield(1))
		say("yield again: %t", yield(2))
		panic("at the end")
	})
	call("before stop", next)
	say("stop: %v", panicOf(stop))
	say("stop again: %v", panicOf(stop))
	call("after stop", next)

	pull(func(yield func(int) bool) { yield(1); panic("later") })
	call("before the panic", next)
	call("panic", next)
	call("after the panic", next)
	return said
}

// Goexit in a sequence is next's, and so the task's.
func TestPatched_iterPullGoexit(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	deferred, ended := "", make(chan bool)
	go func() {
		defer close(ended)
		Run(func() {
			next, stop := iter.Pull(func(yield func(int) bool) {
				defer func() { deferred += "sequence " }()
				yield(1)
				runtime.Goexit()
			})
			defer stop()
			defer func() { _, ok := next(); deferred += fmt.Sprintf("task %t", ok) }()
			next()
			next()
			deferred += "not to be seen"
		})
		deferred += "not to be seen, either"
	}()
	<-ended
	if deferred != "sequence task false" {
		t.Errorf("deferred calls: %s", deferred)
	}
}

// next on another goroutine, and yield on another stack, are refused, and do no harm.
func TestPatched_iterPullElsewhere(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		next, stop := iter.Pull(func(yield func(int) bool) {
			inner, end := iter.Pull(func(func(int) bool) { yield(7) })
			if p := panicOf(func() { inner() }); p == nil {
				t.Error("yield was called in a sequence inside of the sequence")
			}
			end()
			for i := 0; yield(i); i++ {
			}
		})
		defer stop()
		for i := range 3 {
			if v, ok := next(); v != i || !ok {
				t.Errorf("next: %d, %t", v, ok)
			}
			Await(func() (int, error) {
				if _, ok := panicOf(func() { next() }).(*UsageError); !ok {
					t.Error("next was called on another goroutine")
				}
				return 0, nil
			})
		}
	})
}

// Values of all kinds come as they come in goroutines, whether they are passed in registers, in memory, or otherwise, and
// while something forbids the fast way.
func TestPatched_iterPullKinds(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		for _, traced := range []bool{false, true} {
			pulledKinds(t, traced)
		}
	})
}

func pulledKinds(t *testing.T, traced bool) {
	pulledLikeInGoroutine(t, traced, func(i int) int8 { return int8(i - 3) })
	pulledLikeInGoroutine(t, traced, func(i int) bool { return i%2 == 0 })
	pulledLikeInGoroutine(t, traced, func(i int) string { return strings.Repeat("x", i) })
	pulledLikeInGoroutine(t, traced, func(i int) []int { return slices.Repeat([]int{i}, i) })
	pulledLikeInGoroutine(t, traced, func(i int) any { return i })
	pulledLikeInGoroutine(t, traced, func(i int) *string { s := fmt.Sprint(i); return &s })
	pulledLikeInGoroutine(t, traced, func(i int) struct{ a, b, c, d, e, f, g, h int } {
		return struct{ a, b, c, d, e, f, g, h int }{1, 2, 3, 4, 5, 6, 7, i}
	})
	pulledLikeInGoroutine(t, traced, func(i int) struct{ a, b, c, d, e, f, g, h, i int } {
		return struct{ a, b, c, d, e, f, g, h, i int }{1, 2, 3, 4, 5, 6, 7, 8, i}
	})
	pulledLikeInGoroutine(t, traced, func(i int) struct{ a, b int16 } { return struct{ a, b int16 }{int16(i), -1} })
	pulledLikeInGoroutine(t, traced, func(i int) float64 { return float64(i) / 4 })
	pulledLikeInGoroutine(t, traced, func(i int) struct {
		f float32
		s string
	} {
		return struct {
			f float32
			s string
		}{float32(i), fmt.Sprint(i)}
	})
	pulledLikeInGoroutine(t, traced, func(i int) [3]string { return [3]string{"a", fmt.Sprint(i), "c"} })
	pulledLikeInGoroutine(t, traced, func(i int) [0]int { return [0]int{} })
	pulledLikeInGoroutine(t, traced, func(i int) struct{} { return struct{}{} })
}

// pulledLikeInGoroutine compares. traced: after some calls a trace is begun, which closes the fast way for good.
func pulledLikeInGoroutine[V any](t *testing.T, traced bool, value func(i int) V) {
	t.Helper()
	pulled := func() (all []string) {
		next, stop := iter.Pull(func(yield func(V) bool) {
			for i := range 8 {
				if !yield(value(i)) {
					return
				}
			}
		})
		defer stop()
		next2, stop2 := iter.Pull2(func(yield func(V, int) bool) {
			for i := 0; yield(value(i), i); i++ {
			}
		})
		defer stop2()
		next3, stop3 := iter.Pull2(func(yield func(string, V) bool) {
			for i := 0; yield("k", value(i)); i++ {
			}
		})
		defer stop3()
		for i := range 10 {
			if i == 3 && traced { // the next calls are slow ones, and resume fast ones
				if err := trace.Start(io.Discard); err == nil {
					defer trace.Stop()
				}
			}
			if i == 7 {
				runtime.GC()
			}
			v, ok := next()
			v2, n2, ok2 := next2()
			k3, v3, ok3 := next3()
			all = append(all, fmt.Sprintf("%+v %t %+v %d %t %s %+v %t", shown(v), ok, shown(v2), n2, ok2, k3, shown(v3), ok3))
		}
		return all
	}
	got := pulled()
	want, err := Await(func() ([]string, error) { return pulled(), nil })
	needNil(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("%T: got\n%s\nwant\n%s", *new(V), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// shown is v, or what it points to.
func shown(v any) any {
	if s, ok := v.(*string); ok && s != nil {
		return *s
	}
	return v
}
