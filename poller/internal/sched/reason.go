package sched

// A Reason is the kind of event that a waiter waits for, for Dump and Stats. It has no effect
// on the wait, except that parkSleep marks a wait in no queue (Fiber.Expire), and parkJoin
// one that a deadlock's report may end.
type Reason uint8

// The reasons; reasonNames says what each stands for.
const (
	parkNone Reason = iota
	ParkYield
	parkSleep
	parkJoin
	ParkRead
	ParkWrite
	ParkReadTurn
	ParkWriteTurn
	ParkAwait
	ParkAccept
	ParkMutex
	ParkSemaphore
	ParkCond
	ParkEvent
	ParkWaitGroup
	ParkSend
	ParkReceive
	ParkSelect
	ParkPipe
	parkSlice
	ParkJoinAny
	ParkRuntime
	reasons
)

var reasonNames = [reasons]string{
	parkNone:      "nothing",
	ParkYield:     "its turn",
	parkSleep:     "sleep",
	parkJoin:      "join",
	ParkRead:      "read",
	ParkWrite:     "write",
	ParkReadTurn:  "another reader",
	ParkWriteTurn: "another writer",
	ParkAwait:     "await",
	ParkAccept:    "free descriptors",
	ParkMutex:     "mutex",
	ParkSemaphore: "semaphore",
	ParkCond:      "condition",
	ParkEvent:     "event",
	ParkWaitGroup: "wait group",
	ParkSend:      "send",
	ParkReceive:   "receive",
	ParkSelect:    "select",
	ParkPipe:      "pipe",
	parkSlice:     "its next time slice",
	ParkJoinAny:   "join of any",
	ParkRuntime:   "the runtime",
}

// String returns the name of r, which is also its key in Stats.Parks.
func (r Reason) String() string { return reasonNames[r] }
