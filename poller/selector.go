package poller

// A selector tells which descriptors have become ready. It knows nothing of
// tasks. A hub has one, made by newSelector. The system, or a build tag, chooses
// the backend when the package is built:
//
//	selector_epoll.go   Linux
//	selector_kqueue.go  macOS and the BSDs, with the system calls in kevent_bsd.go; its
//	                    tests run on Linux, over system calls that are made of epoll
//	selector_poll.go    with the tag poller_poll, all of them: a system interface that
//	                    has no edges, which tests this contract
//	selector_none.go    all others, and with the tag poller_std: nothing can be watched
//
// What a backend must supply:
//
//	add(fd, id)    starts to watch fd for reading and writing: what fd is ready for now
//	               is reported by a later wait, which the add ends if it is under way.
//	               From then on changes to ready are reported, see want. id is what
//	               events carry; it is not interpreted. Errors are as from a system
//	               call: EBADF; EPERM, if such a file is always ready; EEXIST, if fd
//	               is watched.
//	rearm(fd, id)  reports again what fd is ready for now. ENOENT, if fd is not watched.
//	want(fd, what) says that somebody waits for fd to become ready for what, readyRead
//	               or readyWrite. An edge-triggered backend has nothing to do: it
//	               reports each change, awaited or not. A level-triggered one reports
//	               a direction once for each want, add and rearm, so that what nobody
//	               takes does not keep it from waiting. Its file sets the constant
//	               levelTriggered: without that want is never called, at no cost.
//	remove(fd)     ends it, before fd is closed. ENOENT, if fd is not watched. Events
//	               that a wait has returned before may still be in the caller's hands:
//	               ids tell them. Those that it has not returned yet are dropped.
//	wait(events, timeout)
//	               waits for events, at most timeout nanoseconds, rounded up to what
//	               the system can measure; 0 polls, negative has no limit. It returns
//	               how many events it has stored; 0 if the time is up, or it was
//	               woken, or for no reason at all. It has no lock while it waits. Used
//	               by one goroutine at a time.
//	wake()         makes a wait that blocks now, or the next one, return. Any number
//	               of them may end one wait.
//	close()        releases everything. wake does nothing from then on, and add
//	               returns os.ErrClosed.
//
// All but wait may be called from any goroutine. More events than necessary are
// always allowed: they are hints to try. TestSelector_... hold for every backend.
type selector interface {
	add(fd int, id uint64) error
	rearm(fd int, id uint64) error
	want(fd int, what readiness)
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
	readyHangup                       // end or error: reading tells which, and never blocks again
	readyUrgent                       // urgent data: a short read may be followed by more
)

// eventBatch is how many events one wait collects at most.
const eventBatch = 256
