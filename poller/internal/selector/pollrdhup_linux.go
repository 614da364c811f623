//go:build poller_poll && !poller_std

package selector

import "golang.org/x/sys/unix"

// pollRDHUP reports that the peer has ended what it sends. Elsewhere that is
// reported as data.
const pollRDHUP = unix.POLLRDHUP
