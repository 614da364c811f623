//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// setTCPDefaults sets the options that package net sets: small writes are sent at once, idle
// connections are probed.
func setTCPDefaults(fd int, keepAlive time.Duration) {
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if keepAlive < 0 {
		return
	}
	if keepAlive == 0 {
		keepAlive = 15 * time.Second
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	setKeepAlivePeriod(fd, keepAlive)
}

// setKeepAlivePeriod sets the time of idleness before a probe, and between probes,
// rounded up to seconds.
func setKeepAlivePeriod(fd int, d time.Duration) error {
	if socket.KeepIdle == 0 {
		return unix.ENOPROTOOPT
	}
	seconds := int((d + time.Second - 1) / time.Second)
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, socket.KeepInterval, seconds); err != nil {
		return err
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, socket.KeepIdle, seconds)
}
