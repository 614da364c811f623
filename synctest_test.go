package stackful_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// Stacks are used in a bubble like anywhere, the bubble's time is fake on all
// of them, and carriers do not keep the bubble from ending.
func TestSynctest_fakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var stacks []*stack
		for range 200 { // more than there are carriers at hand
			s := body(func(any) any {
				time.Sleep(time.Hour)
				up(nil)
				time.Sleep(time.Hour)
				return nil
			})
			s.Switch(nil)
			stacks = append(stacks, s)
		}
		want(t, "time", time.Since(start), 200*time.Hour)
		for _, s := range stacks {
			s.Switch(nil)
		}
		want(t, "time", time.Since(start), 400*time.Hour)
	})
}

// A bubble waits for its goroutines; stacks that stay suspended are none.
func TestSynctest_endsWithSuspendedStacks(t *testing.T) {
	needNative(t)
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			suspended()
		}
	})
}

func TestSynctest_wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := 0
		c := make(chan int)
		go func() {
			s := body(func(any) any {
				for n := range c {
					got += n
					up(nil)
				}
				return nil
			})
			for !s.Done() {
				s.Switch(nil)
			}
		}()
		for n := range 10 {
			c <- n
			synctest.Wait()
		}
		want(t, "received", got, 45)
		close(c)
	})
}

// While a goroutine in a bubble switches beside collections, where it scans stacks and yields, the
// bubble's time stands still: a switch that waited would let the sleeper's hour pass.
func TestSynctest_switchesBesideGC(t *testing.T) {
	ballast := make([]*[1 << 10]*int, 1<<11) // so that marking takes a while
	for i := range ballast {
		ballast[i] = new([1 << 10]*int)
		for k := range ballast[i] {
			ballast[i][k] = new(int)
		}
	}
	besideGC(1<<30, func() {
		for range scale(20, 5) {
			synctest.Test(t, bubbleBesideGC)
		}
	})
	runtime.KeepAlive(ballast)
}

func bubbleBesideGC(t *testing.T) {
	start := time.Now()
	woken := make(chan time.Duration, 1)
	over := make(chan bool)
	go func() {
		select {
		case <-time.After(time.Hour):
			woken <- time.Since(start)
		case <-over:
			woken <- 0
		}
	}()
	for range 20 {
		busy := make(chan bool, 1)
		go func() {
			for range 20 {
				s := suspended()
				s.Switch(nil)
			}
			busy <- true
		}()
		for len(busy) == 0 { // not durably blocked: only the switching goroutine may be
			runtime.Gosched()
		}
	}
	ended := make(chan bool)
	go func() { // and now everybody else is
		s := body(func(any) any { up(nil); return nil })
		for range 50 {
			if s.Switch(nil); s.Done() {
				s = body(func(any) any { up(nil); return nil })
			}
			suspended().Switch(nil)
		}
		if elapsed := time.Since(start); elapsed != 0 {
			t.Errorf("%v passed in switches", elapsed)
		}
		close(ended)
	}()
	<-ended
	close(over)
	want(t, "slept", <-woken, time.Duration(0))
}
