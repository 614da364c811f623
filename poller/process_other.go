//go:build !linux || poller_std

package poller

func openPidFD(int) int { return -1 }
func closePidFD(int)    {}

// isBrokenPipe cannot tell here in the same way on all systems, so any error of
// writing to a process that need not read all is one.
func isBrokenPipe(err error) bool { return err != nil }
