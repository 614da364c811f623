package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// waitFD is WaitRead, or with write WaitWrite, of a descriptor.
func waitFD(number int, deadline time.Time, write bool) error {
	if err := sched.RefuseSimulated("wait for a descriptor"); err != nil {
		return err
	}
	return fd.Wait(number, deadline, write)
}
