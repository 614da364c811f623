package selftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/units"
)

// testWrongTables feeds the start-up check tables in which one offset is wrong, by a word: the
// native backend runs only if the check accepts the table, so it must not accept these.
func testWrongTables(_ context.Context, note io.Writer, _ time.Duration) error {
	if err := asm.Compiled().Check(); err != nil {
		fmt.Fprintf(note, "there is none to spoil: %v", err)
		return nil
	}
	n := 0
	table := reflect.TypeFor[asm.Layout]()
	for i := range table.NumField() {
		if table.Field(i).Type.Kind() != reflect.Int {
			continue
		}
		for _, shift := range []int64{-8, 8} {
			wrong := asm.Compiled()
			v := reflect.ValueOf(&wrong).Elem().Field(i)
			v.SetInt(v.Int() + shift)
			n++
			if wrong.Check() == nil {
				return fmt.Errorf("a table with %s%+d was accepted", table.Field(i).Name, shift)
			}
		}
	}
	fmt.Fprintf(note, "%d of %d refused", n, n)
	return nil
}

// disturbance takes goroutine profiles, dumps stacks, and starts and stops the
// tracer until it is stopped.
func disturbance() (stop func()) {
	ended := make(chan bool)
	var done sync.WaitGroup
	again := func(f func()) {
		done.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					f()
					runtime.Gosched()
				}
			}
		})
	}
	again(func() { pprof.Lookup("goroutine").WriteTo(io.Discard, 0) })
	again(func() { runtime.Stack(make([]byte, 1<<14), true) })
	again(func() {
		if trace.Start(io.Discard) == nil {
			time.Sleep(time.Millisecond)
			trace.Stop()
		}
		time.Sleep(5 * time.Millisecond)
	})
	return func() { close(ended); done.Wait() }
}

// errRaised is the value of the panics.
var errRaised = errors.New("raised by the self-test")

// testPanics raises panics and exits goroutines, in coroutines at changing depths
// that are left in the middle of it, beside profiles, dumps and traces.
func testPanics(ctx context.Context, note io.Writer, d time.Duration) error {
	defer disturbance()()
	panics, exits := 0, 0
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
		if err := panicDeep(30 + panics%200); err != nil {
			return err
		}
		panics++
		if deferred := exitNested(4); deferred != 5 {
			return fmt.Errorf("a Goexit in nested coroutines ran %d of 5 deferred calls", deferred)
		}
		exits++
	}
	fmt.Fprintf(note, "%s panics, %s calls of Goexit", units.Thousands(int64(panics)), units.Thousands(int64(exits)))
	return nil
}

// panicDeep has a coroutine panic at a depth, and its deferred calls switch away: the panic is
// then left in the middle, and goes on when it is switched to.
func panicDeep(depth int) error {
	parent := coro.Current()
	unwound := 0
	var down func(n int)
	down = func(n int) {
		defer func() {
			if unwound++; n%50 == 0 {
				parent.Switch(nil)
			}
		}()
		if n == 0 {
			panic(errRaised)
		}
		down(n - 1)
	}
	c := coro.New(func(any) any { down(depth); return nil })
	var raised error
	for !c.Dead() {
		func() {
			defer func() { raised, _ = recover().(error) }()
			c.Switch(nil)
		}()
	}
	if !errors.Is(raised, errRaised) || unwound != depth+1 {
		return fmt.Errorf("a panic below %d frames became %v, after %d deferred calls", depth, raised, unwound)
	}
	return nil
}

// exitNested exits a goroutine in the innermost of coroutines that are nested to a depth,
// and returns how many deferred calls have run.
func exitNested(depth int) (deferred int) {
	ended := make(chan bool)
	go func() {
		defer close(ended)
		var nest func(n int)
		nest = func(n int) {
			defer func() { deferred++ }()
			if n == 0 {
				runtime.Goexit()
			}
			coro.New(func(any) any { nest(n - 1); return nil }).Switch(nil)
		}
		nest(depth)
	}()
	<-ended
	return deferred
}

// testPull compares coro.Pull with iter.Pull on sequences that recurse, and moves
// coroutines between goroutines, beside a loop of collections.
func testPull(ctx context.Context, note io.Writer, d time.Duration) error {
	stop, _ := collectAll()
	defer stop()
	values, moves := 0, 0
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
		n, err := pullBoth(countdown(5))
		if err != nil {
			return err
		}
		values += n
		if err := move(); err != nil {
			return err
		}
		moves++
	}
	fmt.Fprintf(note, "%s values pulled as iter.Pull does, %s moves", units.Thousands(int64(values)), units.Thousands(int64(moves)))
	return nil
}

// countdown yields n values, and after each the values of countdown(n-1), which run on a
// stack of their own.
func countdown(n int) iter.Seq[*int] {
	return func(yield func(*int) bool) {
		for i := range n {
			if !yield(&i) {
				return
			}
			next, stop := coro.Pull(countdown(n - 1))
			for v, ok := next(); ok; v, ok = next() {
				if !yield(v) {
					break
				}
			}
			stop()
		}
	}
}

// pullBoth compares the values that seq yields to coro.Pull and to iter.Pull.
func pullBoth(seq iter.Seq[*int]) (n int, err error) {
	ours, stopOurs := coro.Pull(seq)
	theirs, stopTheirs := iter.Pull(seq)
	defer stopOurs()
	defer stopTheirs()
	for {
		a, okA := ours()
		b, okB := theirs()
		switch {
		case okA != okB, okA && *a != *b:
			return n, fmt.Errorf("value %d differs from iter.Pull's", n)
		case !okA:
			return n, nil
		}
		n++
	}
}

// move suspends a coroutine here and resumes it on another goroutine.
func move() error {
	const there = "there"
	held := new(int)
	c := coro.New(func(any) any {
		*held = 1
		return coro.Current().Parent().Switch(nil)
	})
	c.Switch(nil)
	c.Detach()
	result := make(chan any)
	go func() {
		c.Attach()
		result <- c.Switch(there)
	}()
	if got := <-result; got != there || *held != 1 {
		return fmt.Errorf("a coroutine that moved to another goroutine returned %v", got)
	}
	return nil
}
