package coro_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/stackful-go/stackful/coro"
)

func Example() {
	var play *coro.Coroutine
	eat := coro.New(func(name any) any {
		fmt.Println(name, "is eat1")
		play.Switch(name)
		fmt.Println(name, "is eat2")
		play.Switch(name)
		return nil
	})
	play = coro.New(func(name any) any {
		fmt.Println(name, "is play1")
		eat.Switch(name)
		fmt.Println(name, "is play2")
		return nil
	})
	eat.Switch("alex")
	eat.Kill()
	// Output:
	// alex is eat1
	// alex is play1
	// alex is eat2
	// alex is play2
}

func ExampleCoroutine_Switch() {
	parent := coro.Current()
	c := coro.New(func(v any) any {
		for v != "stop" {
			v = parent.Switch(fmt.Sprintf("got %v", v))
		}
		return "done"
	})
	fmt.Println(c.Switch(1))
	fmt.Println(c.Switch(2))
	fmt.Println(c.Switch("stop"), c.Dead())
	// Output:
	// got 1
	// got 2
	// done true
}

// Values of a type of their own go to a coroutine and back without an allocation: by a variable that
// both sides hold, since only one of them runs at a time.
func ExampleCoroutine_Switch_messages() {
	type message struct {
		text  string
		count int
	}
	var to, from message
	caller := coro.Current()
	c := coro.New(func(any) any {
		for to.count > 0 {
			from = message{text: to.text + "!", count: to.count * 2}
			caller.Switch(nil)
		}
		return nil
	})
	for _, to = range []message{{"one", 1}, {"two", 2}, {}} {
		c.Switch(nil)
		fmt.Println(from.text, from.count, c.Dead())
	}
	// Output:
	// one! 2 false
	// two! 4 false
	// two! 4 true
}

func ExampleCoroutine_Throw() {
	c := coro.New(func(any) any {
		defer func() { coro.Current().Parent().Switch(fmt.Sprint("recovered: ", recover())) }()
		return coro.Current().Parent().Switch("waiting")
	})
	fmt.Println(c.Switch(nil))
	fmt.Println(c.Throw(errors.New("wake up")))
	c.Kill()
	// Output:
	// waiting
	// recovered: wake up
}

func ExampleCoroutine_Kill() {
	c := coro.New(func(any) any {
		defer fmt.Println("cleaning up")
		return coro.Current().Parent().Switch(nil)
	})
	c.Switch(nil)
	c.Kill()
	fmt.Println("dead:", c.Dead())
	// Output:
	// cleaning up
	// dead: true
}

func ExamplePanicError() {
	problem := errors.New("no such file")
	defer func() {
		err := recover().(*coro.PanicError)
		fmt.Println(errors.Is(err, problem), err.Value)
	}()
	coro.New(func(any) any { panic(problem) }).Switch(nil)
	// Output: true no such file
}

// A script starts another one, whose end must come to the scheduler: with New it would resume
// the first script, which waits for something else.
func ExampleNewChildOf() {
	scheduler := coro.Current()
	var ready []*coro.Coroutine
	pause := func() {
		ready = append(ready, coro.Current())
		scheduler.Switch(nil)
	}
	start := func(script func()) {
		ready = append(ready, coro.NewChildOf(scheduler, func(any) any { script(); return nil }))
	}
	start(func() {
		fmt.Println("guard: starts a bird")
		start(func() { fmt.Println("bird: flies away") })
		for range 2 {
			pause()
			fmt.Println("guard: walks on")
		}
	})
	for len(ready) > 0 {
		c := ready[0]
		ready = ready[1:]
		c.Switch(nil)
	}
	// Output:
	// guard: starts a bird
	// bird: flies away
	// guard: walks on
	// guard: walks on
}

func ExampleScope() {
	scope := coro.NewScope()
	for i := range 3 {
		scope.New(func(any) any {
			defer fmt.Println("end of", i)
			return coro.Current().Parent().Switch(nil)
		}).Switch(nil)
	}
	fmt.Println(scope.Close())
	// Output:
	// end of 2
	// end of 1
	// end of 0
	// <nil>
}

func ExampleKillOnCollect() {
	// A Worker holds a coroutine. When the Worker is unreachable, the
	// coroutine is ended by the next New on its goroutine.
	type Worker struct{ c *coro.Coroutine }
	w := &Worker{coro.New(func(any) any { return coro.Current().Parent().Switch(nil) })}
	coro.KillOnCollect(w, w.c)
	w.c.Switch(nil)
	fmt.Println(w.c.Active())
	// Output: true
}

func ExamplePull() {
	next, stop := coro.Pull(slices.Values([]string{"a", "b"}))
	defer stop()
	for v, ok := next(); ok; v, ok = next() {
		fmt.Println(v)
	}
	// Output:
	// a
	// b
}

func ExamplePull2() {
	next, stop := coro.Pull2(slices.All([]string{"a", "b"}))
	defer stop()
	i, v, ok := next()
	fmt.Println(i, v, ok)
	// Output: 0 a true
}

func ExampleGenerator() {
	average := coro.NewGenerator(func(x float64, yield func(float64) float64) {
		for sum, n := x, 1.0; ; n++ {
			sum += yield(sum / n)
		}
	})
	defer average.Close()
	for _, x := range []float64{10, 20, 60} {
		fmt.Println(average.Send(x))
	}
	// Output:
	// 10 true
	// 15 true
	// 30 true
}

func ExampleGenerator_All() {
	squares := coro.NewGenerator(func(_ any, yield func(int) any) {
		defer fmt.Println("closed")
		for i := 1; ; i++ {
			yield(i * i)
		}
	})
	for n := range squares.All() {
		fmt.Println(n)
		if n > 5 {
			break
		}
	}
	// Output:
	// 1
	// 4
	// 9
	// closed
}

func ExampleLocal() {
	user := coro.Local[string]{Inherit: true}
	user.Set("alex")
	coro.New(func(any) any {
		fmt.Println("inherited:", user.Get())
		user.Set("kim")
		return nil
	}).Switch(nil)
	fmt.Println("here:", user.Get())
	// Output:
	// inherited: alex
	// here: alex
}

func ExampleSetTrace() {
	coro.Current().SetName("root")
	defer coro.Current().SetName("")
	c := coro.New(func(any) any { panic(coro.ErrExit) })
	c.SetName("child")
	defer coro.SetTrace(coro.SetTrace(func(e coro.Event, from, to *coro.Coroutine) {
		fmt.Println(e, from.Name(), "->", to.Name())
	}))
	c.Switch(nil)
	// Output:
	// switch root -> child
	// switch child -> root
}
