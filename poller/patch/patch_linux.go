//go:build !poller_std && !poller_poll

package patch

const supported = true
