package poller

import (
	"os"
	"os/signal"
	"sync"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Signals returns a channel of the signals sig, or of all if there are none, and a function
// that ends it. The channel holds 64 signals; further ones are dropped while it is full, as
// by signal.Notify.
func Signals(sig ...os.Signal) (c *Chan[os.Signal], stop func()) {
	sched.PanicIfSimulated("wait for signals")
	c = NewChan[os.Signal](64)
	from := make(chan os.Signal, 16)
	signal.Notify(from, sig...)
	quit, ended := make(chan struct{}), make(chan struct{})
	runtimepatch.Go(func() {
		defer close(ended)
		for {
			select {
			case s := <-from:
				c.TrySend(s)
			case <-quit:
				return
			}
		}
	})
	var once sync.Once
	return c, func() {
		once.Do(func() {
			signal.Stop(from)
			close(quit)
			<-ended
			c.Close()
		})
	}
}
