//go:build linux && !poller_std

package poller

import (
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A goroutine that is no hub waits as ever, whatever hubs there are; a hub's callbacks, which run in no
// task, block the goroutine.
func TestPatched_outsideTasks(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		c, back := make(chan int), make(chan int)
		go func() { // two goroutines beside the hub
			for v := range c {
				back <- v + 1
			}
			close(back)
		}()
		other := make(chan int)
		go func() {
			for v := range back {
				other <- v
			}
			close(other)
		}()
		for i := range 100 {
			c <- i
			if v := <-other; v != i+1 {
				t.Errorf("got %d for %d", v, i)
			}
		}
		close(c)
		<-other

		// A callback is the hub's own code: no task runs while it waits.
		ticks, during := 0, -1
		tick := Go(func() {
			for ; ; ticks++ {
				Yield()
			}
		})
		ended := Go(func() {})
		ended.Link(func(*Task) {
			before, c := ticks, make(chan int)
			go func() { time.Sleep(time.Millisecond); close(c) }()
			<-c
			during = ticks - before
		})
		for during < 0 {
			Yield()
		}
		if during != 0 {
			t.Errorf("%d ticks while a callback waited", during)
		}
		tick.Kill()
	})
}

// Locks that are held by goroutines outside, and channels closed by them.
func TestPatched_foreignLock(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		var mu sync.Mutex
		shared := 0
		var goroutines sync.WaitGroup
		count := func() {
			for range 500 {
				mu.Lock()
				shared++
				mu.Unlock()
			}
		}
		for range 4 {
			goroutines.Go(count)
		}
		var all []*Task
		for range 20 {
			all = append(all, Go(count))
		}
		needNil(t, JoinAll(all...))
		goroutines.Wait()
		if shared != 24*500 {
			t.Errorf("counted %d", shared)
		}
	})
}

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

// A bubble may be begun in a task: what waits in it is not the task, and its time is its own.
func TestPatched_bubbleInTask(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	run(t, func() {
		beside := 0
		Go(func() { beside++ })
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			c := make(chan int)
			go func() { time.Sleep(time.Hour); c <- 1 }()
			<-c
			var mu sync.Mutex
			mu.Lock()
			go func() { time.Sleep(time.Minute); mu.Unlock() }()
			synctest.Wait()
			time.Sleep(time.Hour)
			if took := time.Since(start); took != 2*time.Hour {
				t.Errorf("%v have passed", took)
			}
		})
		time.Sleep(time.Microsecond)
		if beside != 1 {
			t.Error("the hub does not go on")
		}
	})
}
