//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package socket

// Close does nothing, on systems on which this package opens no descriptors.
func Close(int) error { return nil }
