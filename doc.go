// Package stackful switches between stacks inside one goroutine: real stackful
// coroutines, at the lowest level. It holds the switch and nothing else. Most
// programs want one of the packages above it: coro (greenlet's semantics,
// generators) or poller (tasks that switch when they would block).
//
//	s := stackful.New(func(v any) (*stackful.Stack, any) {
//		root := stackful.Current().Root()
//		fmt.Println(v)           // hello
//		fmt.Println(root.Switch("world")) // again
//		return root, "done"
//	})
//	fmt.Println(s.Switch("hello")) // world
//	fmt.Println(s.Switch("again")) // done
package stackful
