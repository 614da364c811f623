//go:build !poller_std

package patch

const supported = true
