//go:build poller_poll && (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package selector

const pollRDHUP = 0
