package poller

// A selector tells which descriptors have become ready. It knows nothing of
// tasks. A hub has one, made by newSelector; each backend is one file:
//
//	selector_epoll.go   Linux
//	selector_kqueue.go  macOS and the BSDs, on top of kevent_bsd.go; tested on Linux
//	                    too, on top of a kernel that is made of epoll
//	selector_poll.go    any unix, by the build tag poller_poll: for tests of this contract
//	                    on a system interface that has no edges
//	selector_none.go    all others, and by the build tag poller_std: nothing can be watched
//
// What a backend must supply:
//
//	add(fd, id)    starts to watch fd for all of the readiness bits: what fd is ready for
//	               now is reported by a later wait, by one that is under way too. From
//	               then on changes to ready are reported, see want. id is what events carry;
//	               it is not interpreted. Errors are as from a system call: EBADF; EPERM, if
//	               such a file is always ready; EEXIST, if fd is watched.
//	rearm(fd, id)  reports again what fd is ready for now. ENOENT, if fd is not watched.
//	want(fd, what) says that someone waits for fd to become ready for what, read or write,
//	               and that the system has said that it is not, or that its having become so was
//	               reported before. An edge-triggered backend has nothing to do: it reports each change
//	               to ready, noticed or not. A level-triggered one need report nothing between a
//	               report and the next want for the same, so that what nobody takes does not keep
//	               a wait from waiting. The hub calls it only if levelTriggered is set, which each backend's file
//	               declares: the constant costs the others nothing.
//	remove(fd)     ends it. Events that a wait has returned before may still be in
//	               the caller's hands: ids tell them. It must be called before fd is closed.
//	wait(events, timeout)
//	               waits for events, at most timeout nanoseconds, rounded up to what the
//	               system can measure; 0 polls (on Linux without telling the Go scheduler), negative
//	               has no limit. It returns how many events it has stored; 0 if the time is
//	               up, or it was woken, or for no reason at all. Used by one goroutine at a time.
//	wake()         makes a wait that blocks now, or the next one, return. Any number of
//	               them may end one wait.
//	close()        releases everything. wake does nothing from then on, and add returns os.ErrClosed.
//
// All but wait may be called from any goroutine. More events than necessary are
// always allowed: they are hints to try. An event with readyHangup may come too
// early only by one that was on its way when its descriptor was removed.
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
