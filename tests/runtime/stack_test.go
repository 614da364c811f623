package goruntime

import (
	"runtime"
	"testing"
)

// stack_test.go: growing, shrinking and pointers into stacks.

//go:noinline
func growWithPointer(s *stage, p *int, n int) {
	local := n
	if *p = *p + 1; n == 0 {
		s.at()
		return
	}
	growWithPointer(s, &local, n-1)
	if n%50 == 0 {
		s.at()
	}
	if local != n+1 {
		s.note("the pointer to frame %d led elsewhere: %d", n, local)
	}
}

// bigFrame needs more than the stack has left, whatever that is.
//
//go:noinline
func bigFrame(s *stage) byte {
	var frame [20 << 10]byte
	for i := range frame {
		frame[i] = byte(i)
	}
	s.at()
	for i := range frame {
		if frame[i] != byte(i) {
			s.note("byte %d of the frame is %d", i, frame[i])
		}
	}
	return frame[5]
}

// panicFar panics below a deep recursion that has deferred calls everywhere.
//
//go:noinline
func panicFar(s *stage, n int, unwound *int) {
	defer func() {
		*unwound++
		if n%40 == 0 {
			s.at()
		}
	}()
	if n == 0 {
		panic("far")
	}
	panicFar(s, n-1, unwound)
}

var stackScenes = map[string]scene{
	"growth": func(s *stage) {
		x := 0
		growWithPointer(s, &x, 400)
		s.note("%d", x)
	},
	"growth beside deep recursion": func(s *stage) { // StackMem, shrinking
		for n := range 4 {
			grow(1000 * n)
			runtime.GC() // shrinks
			s.at()
		}
		s.note("done")
	},
	"big frames": func(s *stage) { s.note("%d", bigFrame(s)); s.at(); s.note("%d", bigFrame(s)) },
	"panic far up": func(s *stage) { // PanicFar, PanicUseStack, StackPanic
		unwound := 0
		func() {
			defer func() {
				grow(500)
				s.at()
				s.note("%v", recover())
			}()
			panicFar(s, 300, &unwound)
		}()
		s.note("%d", unwound)
	},
	"a panic's value on the stack": func(s *stage) {
		defer func() {
			p := recover().(*[4]int)
			s.at()
			grow(200)
			s.note("%v", *p)
		}()
		local := [4]int{1, 2, 3, 4}
		s.at()
		panic(&local)
	},
	"finalizer": func(s *stage) { // what a collection runs, it runs elsewhere
		ran := make(chan bool)
		p := new([3]int)
		runtime.SetFinalizer(p, func(*[3]int) { grow(300); close(ran) })
		p = nil
		s.at()
		runtime.GC()
		<-ran
		s.note("finalized")
	},
	"channels and selects": func(s *stage) { // sudogs point into stacks
		c, d := make(chan int), make(chan [8]int)
		go func() {
			c <- 1
			d <- [8]int{7: 9}
		}()
		x := 0
		p := &x
		s.at()
		select {
		case *p = <-c:
		case <-d:
		}
		grow(300)
		s.at()
		v := <-d
		s.note("%d %v", x, v)
	},
}

func TestStacks(t *testing.T) {
	for name, f := range stackScenes {
		t.Run(name, func(t *testing.T) { everyWhere(t, f) })
	}
}
