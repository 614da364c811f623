//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// waitForFD is for systems without a readiness backend.
func waitForFD(int, time.Time, bool) error { return fault.Unsupported("waiting for a descriptor") }

// descriptorFreed is for callers that wait for a free descriptor: nobody here.
func descriptorFreed() {}
