//go:build linux && !poller_std

package poller

import "testing"

// What was written before a wait was ended is seen after it, and the race detector knows that: under
// it, this is the test for false reports. Some wakers are tasks and some goroutines; some come
// before the waiter waits.
func TestPatched_order(t *testing.T) {
	rounds := 50 // of each wait: more than 1000 in all
	if testing.Short() {
		rounds = 10
	}
	for _, w := range runtimeWaits {
		t.Run(w.name, func(t *testing.T) {
			mustEnd(t)
			inPatched(t, func() {
				if unordered[w.name] {
					t.Skip("tells of no order")
				}
				for round := range rounds {
					wait, wake := w.make(t)
					written, read := 0, 0
					ended := make(chan bool)
					by := func() { written = round + 1; wake(); close(ended) }
					task := Go(func() { wait(); read = written })
					switch round % 4 {
					case 0:
						untilReading(task)
						by()
					case 1:
						untilReading(task)
						go by()
					case 2:
						if w.name != "Cond" { // does not remember
							go by()
						} else {
							untilReading(task)
							Go(by)
						}
					case 3:
						untilReading(task)
						Go(by)
					}
					needNil(t, task.Join())
					<-ended
					if read != round+1 {
						t.Errorf("read %d in round %d", read, round)
					}
				}
			})
		})
	}
}

// unordered are waits that never end, and those that are ended by what the race detector takes for no
// synchronization.
var unordered = map[string]bool{"receive, nil": true, "send, nil": true, "select, no cases": true, "signal": true, "Accept": true}
