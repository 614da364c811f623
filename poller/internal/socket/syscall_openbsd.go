//go:build !poller_std

package socket

// The options of setKeepAlivePeriod: here the periods are set for the whole system only.
const (
	KeepIdle     = 0
	KeepInterval = 0
)
