//go:build (darwin || dragonfly || freebsd) && !poller_std && !poller_poll

package selector

import "golang.org/x/sys/unix"

// A kqueue is woken by a filter of its own.
const (
	haveUserFilter = true
	userFilter     = unix.EVFILT_USER
	noteTrigger    = unix.NOTE_TRIGGER
)
