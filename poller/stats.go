package poller

import (
	"encoding/json"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Stats is what a hub has done since its Run began, and what it has to do now.
// As a String, and so for package expvar, it is a JSON object.
type Stats struct {
	Tasks    int               // tasks that have not ended
	Ready    int               // of them, those that could run
	Timers   int               // armed timers
	Switches uint64            // times that a task was switched to, or went on since no other was ready
	Parks    map[string]uint64 // times that a task gave way, by what it waited for
	Polls    uint64            // looks at the descriptors that did not wait
	Waits    uint64            // looks that could
	Events   uint64            // events that they brought
	MaxBatch int               // most events of one look
	Batches  []uint64          // looks by their number of events: 0, 1, 2 to 3, 4 to 7, and so on
	TimerLag time.Duration     // by how much the latest timer was late
	Budgets  uint64            // times a task had to give way since its I/O never waited
	Slices   uint64            // times a task was told that its time slice was over
}

// String returns s as JSON.
func (s Stats) String() string {
	b, err := json.Marshal(s)
	if err != nil {
		fault.Bug(err.Error())
	}
	return string(b)
}
