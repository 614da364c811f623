//go:build linux && !poller_std && !poller_poll

package poller

import (
	"testing"

	"github.com/stackful-go/stackful/poller/internal/selector"
)

func TestSyscalls_noPwait2(t *testing.T) {
	selector.NoPwait2.Store(true)
	defer selector.NoPwait2.Store(false)
	TestSleep_neverEarly(t)
}
