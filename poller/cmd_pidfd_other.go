//go:build !linux || poller_std

package poller

import (
	"errors"
	"io/fs"
)

func openPidFD(int) int { return -1 }
func closePidFD(int)    {}

// isBrokenPipe takes any error of writing for one: systems return different errors.
func isBrokenPipe(err error) bool {
	var pe *fs.PathError
	return errors.As(err, &pe) && pe.Op == "write"
}
