// Package selector reports which descriptors have become ready. It knows nothing of tasks:
// it stands on the system calls alone (package socket), and package sched above has one for
// each hub. The system, or a build tag, chooses the backend when the package is built:
//
//	epoll_linux.go  Linux, woken by an eventfd (waker_eventfd.go)
//	kqueue.go       macOS and the BSDs, with the system calls in kevent_bsd.go, woken by a filter
//	                or a pipe (waker_*.go); its tests run on Linux, over system calls that are
//	                made of epoll (kqueue_fake_linux.go)
//	poll.go         with the tag poller_poll, all of them: a system interface that has no
//	                edges, which tests the contract
//	none.go         all others, and with the tag poller_std: nothing can be watched
//
// Read on in selector.go, where the contract is, and in one backend.
package selector

// A Selector is the interface of a backend, made by New:
//
//	Add(fd, id)    starts to watch fd for reading and writing: its present readiness
//	               is reported by a later Wait, which the Add ends if it is under way.
//	               From then on changes to ready are reported, see Want. id is what
//	               events carry; it is not interpreted. Errors are as from a system
//	               call: EBADF; EPERM, if such a file is always ready; EEXIST, if fd
//	               is watched.
//	Rearm(fd, id)  reports the present readiness of fd again. ENOENT, if fd is not watched.
//	Want(fd, what) says that a waiter waits for fd to become ready for what, Readable
//	               or Writable. An edge-triggered backend has nothing to do: it
//	               reports each change, awaited or not. A level-triggered one reports
//	               a direction once for each Want, Add and Rearm, so that readiness that no
//	               caller uses does not keep it from waiting. Its file sets the constant
//	               LevelTriggered: without that Want is never called, at no cost.
//	Remove(fd)     ends the watch, and must be called before fd is closed. ENOENT, if fd is
//	               not watched. Events that a Wait has returned before may be handled
//	               after it: the caller recognizes them by their ids. Events that no Wait has
//	               returned are dropped.
//	Wait(events, timeout)
//	               waits for events, at most timeout nanoseconds, rounded up to what
//	               the system can measure; 0 polls, negative has no limit. It returns
//	               how many events it has stored; 0 if the time is up, or it was
//	               woken, or spuriously. It holds no lock while it waits. Used
//	               by one goroutine at a time.
//	Wake()         makes a Wait that blocks now, or the next one, return. Any number
//	               of them may end one Wait.
//	Close()        releases everything. Wake does nothing from then on, and Add
//	               returns os.ErrClosed.
//
// All but Wait may be called from any goroutine. More events than necessary are
// always allowed: they are hints to try. TestSelector_... hold for every backend.
type Selector interface {
	Add(fd int, id uint64) error
	Rearm(fd int, id uint64) error
	Want(fd int, what Readiness)
	Remove(fd int) error
	Wait(events []Event, timeout int64) (int, error)
	Wake()
	Close() error
}

// An Event reports the readiness of a descriptor.
type Event struct {
	ID   uint64 // of Add or Rearm
	What Readiness
}

// Readiness is a set of calls that a descriptor may be ready for.
type Readiness uint8

// The elements of a Readiness.
const (
	Readable Readiness = 1 << iota // reading will not block
	Writable                       // writing will not block
	Hangup                         // end or error: reading tells which, and never blocks again
	Urgent                         // urgent data: a short read may be followed by more
)

// Batch is how many events one Wait collects at most.
const Batch = 256
