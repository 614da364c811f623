//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// limits is the state of a ListenConfig's limits: how many connections a listener accepts,
// and how fast. mu guards the fields below it.
type limits struct {
	header, idle time.Duration
	onClose      func() // leave, as the OnClose of all connections

	mu    runtimepatch.Mutex
	most  int         // 0 means no limit
	open  int         // open connections, and calls of accept that may return one
	queue sched.Queue // calls of Accept that wait for room

	interval int64 // between connections; 0 means no limit
	slack    int64 // how much earlier than interval says a burst may be
	next     int64 // instant of the next connection without slack
}

func (l *limits) init(lc *ListenConfig) {
	l.header, l.idle = lc.HeaderTimeout, lc.IdleTimeout
	l.onClose = l.leave
	switch l.most = lc.MaxConns; {
	case l.most < 0:
		l.most = 0
	case l.most == 0:
		l.most = mostConns()
	}
	if lc.AcceptRate > 0 {
		l.interval = int64(time.Second) / int64(lc.AcceptRate)
		l.slack = int64(time.Second)/10 - l.interval
	}
}

// mostConns is the default of MaxConns: 0, no limit, if the process has none.
func mostConns() int {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil || r.Cur > 1<<30 {
		return 0
	}
	return max(int(r.Cur/4*3), 1)
}

// enter counts one connection, if there is room. If there is none, at is the instant at which
// there may be, sched.Never if that depends on the end of a connection. mu is held.
func (l *limits) enter(now int64) (ok bool, at int64) {
	if l.most > 0 && l.open >= l.most {
		return false, sched.Never
	}
	if l.interval > 0 {
		due := max(l.next, now)
		if due-now > max(l.slack, 0) {
			return false, due - max(l.slack, 0)
		}
		l.next = due + l.interval
	}
	l.open++
	return true, sched.Never
}

// leave gives the place of a connection back.
func (l *limits) leave() {
	here := sched.Here()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if w := l.queue.Claim(nil); w != nil {
		w.Resume(here)
	}
}

// admit waits until the listener may accept another connection.
func (l *Listener) admit(h *sched.Hub) error {
	d, s := &l.d, &l.d.Rd
	for {
		d.Mu.Lock()
		if err := s.Refuse(); err != nil {
			d.Mu.Unlock()
			return err
		}
		l.limits.mu.Lock()
		ok, at := l.limits.enter(sched.Nanotime())
		if ok {
			l.limits.mu.Unlock()
			d.Mu.Unlock()
			return nil
		}
		// Queued in IO for Close and deadlines; an event only ends the wait early.
		err := sched.ParkEither(h, (*sched.Mutex)(&d.Mu), &s.IO, (*sched.Mutex)(&l.limits.mu), &l.limits.queue, sched.ParkAccept, at)
		sched.Raise(h, err)
		if err != nil && err != os.ErrDeadlineExceeded { // else it may be the deadline or at: test both again
			return err
		}
	}
}
