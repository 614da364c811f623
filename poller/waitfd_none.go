//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// waitFD is for systems without a readiness backend.
func waitFD(int, time.Time, bool) error { return fault.Unsupported("waiting for a descriptor") }
