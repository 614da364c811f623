package overlay

// runtimeGuards find waits, and uses of what a wait consists of, that files/runtime.go.txt has not
// been written for. The declarations that have no edit are right beside it for the reasons given.
var runtimeGuards = []guard{
	// A wait for one of these reasons parks a task: see stackfulParks.
	{
		uses: []string{
			"waitReasonChanReceive", "waitReasonChanSend", "waitReasonChanReceiveNilChan", "waitReasonChanSendNilChan",
			"waitReasonSelect", "waitReasonSelectNoCases", "waitReasonIOWait", "waitReasonSemacquire",
			"waitReasonSyncCondWait", "waitReasonSyncMutexLock", "waitReasonSyncRWMutexRLock", "waitReasonSyncRWMutexLock",
			"waitReasonSyncWaitGroupWait",
		},
		also: []string{
			// They only look at the reason. Those of the goroutine leak profile take a carrier for the waiting
			// goroutine that it is.
			"var waitReasonStrings", "waitReason.isMutexWait", "waitReason.isSyncWait", "waitReason.isChanWait",
			"var isIdleInSynctest", "(*g).internalBlocked", "(*g).isMaybeRunnable", "findGoroutineLeaks",
			// They wait for nothing but semacquire1, on behalf of packages sync and internal/poll.
			"sync_runtime_Semacquire", "poll_runtime_Semacquire", "internal_sync_runtime_SemacquireMutex",
			"sync_runtime_SemacquireRWMutexR", "sync_runtime_SemacquireRWMutex", "sync_runtime_SemacquireWaitGroup",
			// Called by readers of metrics alone, who hold nothing else of the runtime's.
			"metricsLock",
		},
	},
	// The state of a wait moves to the carrier, and back.
	{
		uses: []string{"waiting", "selectDone", "parkingOnChan", "activeStackChans"},
		also: []string{
			// They are about the stack of a g that does not run, or of the caller: copystack.
			"adjustsudogs", "findsghi", "syncadjustsudogs",
			// They are about a goroutine that waits: goroutine leak profile.
			"(*g).isMaybeRunnable", "setSyncObjectsUntraceable", "gcRestoreSyncObjects", "findGoroutineLeaks",
			// Fields of other structs.
			"newm", "templateThread", "synctestWait",
		},
	},
	// semacquire, for the runtime's own waits, has an edit.
	{
		uses: []string{"semacquire1"},
		also: []string{
			"sync_runtime_Semacquire", "poll_runtime_Semacquire", "internal_sync_runtime_SemacquireMutex",
			"sync_runtime_SemacquireRWMutexR", "sync_runtime_SemacquireRWMutex", "sync_runtime_SemacquireWaitGroup",
			"metricsLock",
		},
	},
	// A poller that has parked is woken where netpoll is interrupted, and passes for one that polls: see files/poller.go.txt.
	{
		uses: []string{"netpollBreak", "lastpoll"},
		also: []string{
			"schedinit",
			// They look for events if nobody has for some time, or at work that nobody else sees. While a poller is parked
			// it is hubs that do.
			"sysmon", "pollWork", "handoffp",
		},
	},
}
