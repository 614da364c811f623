package poller

// A selector tells which descriptors have become ready. It knows nothing of
// tasks. A hub has one, made by newSelector; each backend is one file.
//
// What a backend must supply:
//
//	add(fd, id)    starts to watch fd for all of the readiness bits, edge-triggered:
//	               what fd is ready for now is reported by a later wait, and from
//	               then on at least every change to ready. id is what events carry;
//	               it is not interpreted. Errors are as from a system call:
//	               EPERM, if such a file is always ready; EEXIST, if fd is watched.
//	rearm(fd, id)  reports again what fd is ready for now.
//	remove(fd)     ends it. Events that a wait has returned before may still be in
//	               the caller's hands: ids tell them.
//	wait(events, timeout)
//	               waits for events, at most timeout nanoseconds, rounded up to what the
//	               system can measure; 0 polls and does not tell the Go scheduler, negative
//	               has no limit. It returns how many events it has stored; 0 if the time is
//	               up, or it was woken, or for no reason at all. Used by one goroutine at a time.
//	wake()         makes a wait that blocks now, or the next one, return. Any number of
//	               them may end one wait.
//	close()        releases everything. wake does nothing from then on.
//
// add, rearm, remove, wake and close may be called from any goroutine. More
// events than necessary are always allowed: they are hints to try.
type selector interface {
	add(fd int, id uint64) error
	rearm(fd int, id uint64) error
	remove(fd int) error
	wait(events []event, timeout int64) (int, error)
	wake()
	close() error
}

// An event says what a descriptor may be ready for.
type event struct {
	id   uint64
	what readiness
}

type readiness uint8

const (
	readyRead   readiness = 1 << iota // reading will not block
	readyWrite                        // writing will not block
	readyHangup                       // end or error: reading and writing tell which, and never block again
	readyUrgent                       // urgent data: a short read may be followed by more
)

// eventBatch is how many events one wait collects at most.
const eventBatch = 256
