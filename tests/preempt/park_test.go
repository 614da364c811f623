//go:build !stackful_portable && go1.25 && !go1.28 && (amd64 || arm64) && linux

package preempt

import (
	"testing"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/tests/internal/gstate"
)

// What a task is about to wait for in the runtime may have come when its stack rests on a carrier already:
// then the task is ready, and goes on in its turn; those that are ready run before, if there are any.
func TestPark_cameMeanwhile(t *testing.T) {
	needPatched(t)
	if err := poller.Run(func() {
		const rounds = 100
		turns, over := 0, false
		other := poller.Go(func() {
			for range rounds {
				turns++
				poller.Yield()
			}
			over = true
		})
		c := make(chan int)
		for i := range 2 * rounds { // in the second half there is no other task
			before := turns
			gstate.AboutToPark()
			gstate.AboutToPark()
			if turns == before && !over {
				t.Fatal("the other task had no turn")
			}
			go func() { c <- i }()
			if v := <-c; v != i {
				t.Fatal(v)
			}
		}
		if err := other.Join(); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Error(err)
	}
}
