//go:build poller_poll && (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package poller

const pollRDHUP = 0
