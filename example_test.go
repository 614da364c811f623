package stackful_test

import (
	"fmt"

	"github.com/stackful-go/stackful"
)

func ExampleNew() {
	root := stackful.Current()
	s := stackful.New(func(v any) (*stackful.Stack, any) {
		fmt.Println(v)
		fmt.Println(root.Switch("world"))
		return root, "done"
	})
	fmt.Println(s.Switch("hello"))
	fmt.Println(s.Switch("again"))
	fmt.Println(s.Done())
	// Output:
	// hello
	// world
	// again
	// done
	// true
}

func ExampleStack_SwitchRun() {
	root := stackful.Current()
	s := stackful.New(func(any) (next *stackful.Stack, out any) {
		defer func() { next, out = root, fmt.Sprint("recovered ", recover()) }()
		root.Switch(nil)
		return root, "not reached"
	})
	s.Switch(nil)
	// As if the function that waits in s had called panic where it waits.
	fmt.Println(s.SwitchRun(func() any { panic("from outside") }))
	// Output:
	// recovered from outside
}

// A counter counts on a stack of its own, for the stack that resumes it.
type counter struct {
	stack stackful.Stack
	n     int
	_     uintptr // room for NewYield's function to store a whole register
}

func newCounter() *counter {
	c := new(counter)
	c.stack.Init(func(s *stackful.Stack, _ any) (*stackful.Stack, any) {
		yield := stackful.NewYield(s, &c.n, func(n int) bool {
			c.n = n
			return s.Yielded()
		})
		for n := 1; yield(n); n++ {
		}
		fmt.Println("told to end")
		return s.Resumer(), nil
	})
	c.stack.SetData(c)
	return c
}

func ExampleStack_Resume() {
	c := newCounter()
	for range 3 {
		c.stack.Resume(true)
		fmt.Println(c.n)
	}
	c.stack.Resume(false)
	// Output:
	// 1
	// 2
	// 3
	// told to end
}

func ExampleStack_Detach() {
	s := stackful.New(func(v any) (*stackful.Stack, any) {
		v = v.(*stackful.Stack).Switch("suspended on the first goroutine")
		return v.(*stackful.Stack), "ended on the second"
	})
	fmt.Println(s.Switch(stackful.Current()))
	s.Detach()
	done := make(chan any)
	go func() {
		s.Attach()
		done <- s.Switch(stackful.Current())
	}()
	fmt.Println(<-done)
	// Output:
	// suspended on the first goroutine
	// ended on the second
}

func ExampleOwnerLocal() {
	visits := stackful.NewOwnerLocal[int]()
	visit := func(any) (*stackful.Stack, any) {
		visits.Set(visits.Get() + 1)
		return nil, nil
	}
	stackful.New(visit).Switch(nil)
	stackful.New(visit).Switch(nil)
	fmt.Println(visits.Get()) // shared by the goroutine's stacks
	// Output:
	// 2
}
