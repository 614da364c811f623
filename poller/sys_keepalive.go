//go:build (dragonfly || freebsd || linux || netbsd) && !poller_std

package poller

import "golang.org/x/sys/unix"

// The options of setKeepAlivePeriod, 0 where there are none.
const (
	keepIdle     = unix.TCP_KEEPIDLE
	keepInterval = unix.TCP_KEEPINTVL
)
