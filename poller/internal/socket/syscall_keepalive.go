//go:build (dragonfly || freebsd || linux || netbsd) && !poller_std

package socket

import "golang.org/x/sys/unix"

// The options of setKeepAlivePeriod, 0 where there are none.
const (
	KeepIdle     = unix.TCP_KEEPIDLE
	KeepInterval = unix.TCP_KEEPINTVL
)
