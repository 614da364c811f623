//go:build (netbsd || openbsd) && !poller_std && !poller_poll

package selector

// A kqueue is woken by a pipe: NetBSD has EVFILT_USER since 10.0 only, and
// OpenBSD since 7.7.
const (
	haveUserFilter = false
	userFilter     = 0
	noteTrigger    = 0
)
