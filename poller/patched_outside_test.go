//go:build linux && !poller_std

package poller

import (
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
