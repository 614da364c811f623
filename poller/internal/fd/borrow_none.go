//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package fd

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Wait is for systems without a readiness backend.
func Wait(int, time.Time, bool) error { return fault.Unsupported("waiting for a descriptor") }

// descriptorFreed is for callers that wait for a free descriptor: nobody here.
func descriptorFreed() {}
