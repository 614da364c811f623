package stackful

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
)

// With one processor the collector has what is yielded to it, else it may have another.
func TestYieldToGC_pause(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := yieldToGCPause(10); got != 10 {
		t.Errorf("pause with one processor: %d", got)
	}
	runtime.GOMAXPROCS(2)
	if got := yieldToGCPause(10); got != 10*yieldToGCKeeps {
		t.Errorf("pause with two: %d", got)
	}
}

// While the collector marks, one switch on the slow path in so many lets other goroutines run, and then none
// for a while.
func TestYieldToGC(t *testing.T) {
	if os.Getenv("GODEBUG") != "" {
		t.Skip("with gcstoptheworld nothing runs while the collector marks")
	}
	onOwnGoroutine(t, func() {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		o := currentOwner()
		var over atomic.Bool
		var turns atomic.Int64 // of a goroutine that is always ready
		ended := make(chan bool)
		for _, f := range []func(){func() { turns.Add(1); runtime.Gosched() }, runtime.GC} {
			go func() {
				for !over.Load() {
					f()
				}
				ended <- true
			}()
		}
		// look is a look at the clock by yieldToGC. It reports whether others have run, and whether all of it was
		// while the collector marked.
		look := func() (yielded, marked bool) {
			o.slowSwitches = yieldToGCEvery - 1
			before, marked := turns.Load(), marking()
			o.yieldToGC()
			return turns.Load() != before, marked && marking()
		}
		yielded, missed, kept := 0, 0, 0
		const enough = 10
		for end := time.Now().Add(time.Minute); (yielded < enough || kept < enough) && time.Now().Before(end); {
			o.yieldToGCAt = 0
			begun := asm.Cycles()
			did, marked := look()
			took := asm.Cycles() - begun
			if !marked {
				runtime.Gosched()
				continue
			}
			if !did { // now and then the scheduler prefers this goroutine
				if missed++; missed > yielded+10 {
					t.Error("no other goroutine runs while the collector marks")
					break
				}
				continue
			}
			yielded++
			if pause := o.yieldToGCAt - begun; pause > took+yieldToGCPause(took) {
				t.Errorf("a yield of at most %d cycles keeps off others for %d", took, pause)
			}
			at := o.yieldToGCAt
			if _, marked := look(); marked && asm.Cycles() < at {
				if kept++; o.yieldToGCAt != at {
					t.Error("it yields again at once")
				}
			}
			if o.slowSwitches%yieldToGCEvery != 0 {
				t.Errorf("%d switches counted", o.slowSwitches)
			}
			o.yieldToGCAt = 0
			if o.yieldToGC(); o.yieldToGCAt != 0 {
				t.Error("each switch yields")
			}
		}
		over.Store(true)
		<-ended
		<-ended
		if yielded < enough || kept < enough {
			t.Errorf("%d looks that yielded and %d that did not, want %d", yielded, kept, enough)
		}
	})
}
