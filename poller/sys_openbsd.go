//go:build !poller_std

package poller

// The options of setKeepAlivePeriod: here the periods are set for the whole system only.
const (
	keepIdle     = 0
	keepInterval = 0
)
