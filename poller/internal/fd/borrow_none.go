//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package fd

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Wait returns an error, on systems without a selector.
func Wait(int, time.Time, bool) error { return fault.Unsupported("waiting for a descriptor") }

// descriptorFreed does nothing: here no call waits for a free descriptor.
func descriptorFreed() {}
