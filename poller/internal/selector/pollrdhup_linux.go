//go:build poller_poll && !poller_std

package selector

import "golang.org/x/sys/unix"

// pollRDHUP is the event of a half-close by the peer. On other systems that is reported as
// readable.
const pollRDHUP = unix.POLLRDHUP
