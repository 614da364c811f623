//go:build !linux || poller_std

package patch

const supported = false
