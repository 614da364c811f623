package poller

import (
	"encoding/json"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Stats has the counters of a hub since its Run began, and its present load. As a String,
// and so for package expvar, it is a JSON object.
type Stats struct {
	Tasks    int               // tasks that have not ended
	Ready    int               // ready tasks, without the running one
	Timers   int               // armed timers
	Switches uint64            // times that a task was switched to, or went on since no other was ready
	Parks    map[string]uint64 // times that a task parked, by the reason of the wait
	Polls    uint64            // polls of the descriptors that did not block
	Waits    uint64            // polls that could block
	Events   uint64            // events that the polls returned
	MaxBatch int               // most events of one poll
	Batches  []uint64          // polls by their number of events: 0, 1, 2 to 3, 4 to 7, and so on
	TimerLag time.Duration     // by how much the latest timer was late
	Budgets  uint64            // times that a task had to yield since its I/O never waited
	Slices   uint64            // times that a task had to yield since its time slice was over
}

// String returns s as JSON.
func (s Stats) String() string {
	b, err := json.Marshal(s)
	if err != nil {
		fault.Bug(err.Error())
	}
	return string(b)
}
