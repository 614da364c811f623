package poller

import "time"

// waitFD is WaitRead, or with write WaitWrite, of a descriptor.
func waitFD(number int, deadline time.Time, write bool) error {
	if err := simRefuse("wait for a descriptor"); err != nil {
		return err
	}
	return waitForFD(number, deadline, write)
}
