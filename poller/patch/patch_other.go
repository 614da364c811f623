//go:build !linux || poller_std || poller_poll

package patch

const supported = false
