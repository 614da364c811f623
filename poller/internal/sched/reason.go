package sched

// Reason is what a waiter waits for, for Dump and statistics.
type Reason uint8

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
}

func (r Reason) String() string { return reasonNames[r] }
