package poller

// parkReason is what a waiter waits for, for Dump and statistics.
type parkReason uint8

const (
	parkNone parkReason = iota
	parkYield
	parkSleep
	parkJoin
	parkRead
	parkWrite
	parkReadTurn
	parkWriteTurn
	parkAwait
	parkAccept
	parkMutex
	parkSemaphore
	parkCond
	parkEvent
	parkWaitGroup
	parkSend
	parkReceive
	parkSelect
	parkPipe
	parkSlice
	parkJoinAny
	parkReasons
)

var parkNames = [parkReasons]string{
	parkNone:      "nothing",
	parkYield:     "its turn",
	parkSleep:     "sleep",
	parkJoin:      "join",
	parkRead:      "read",
	parkWrite:     "write",
	parkReadTurn:  "another reader",
	parkWriteTurn: "another writer",
	parkAwait:     "await",
	parkAccept:    "free descriptors",
	parkMutex:     "mutex",
	parkSemaphore: "semaphore",
	parkCond:      "condition",
	parkEvent:     "event",
	parkWaitGroup: "wait group",
	parkSend:      "send",
	parkReceive:   "receive",
	parkSelect:    "select",
	parkPipe:      "pipe",
	parkSlice:     "its next time slice",
	parkJoinAny:   "join of any",
}

func (r parkReason) String() string { return parkNames[r] }
