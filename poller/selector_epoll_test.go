//go:build linux && !poller_std && !poller_poll

package poller

import "testing"

func init() {
	selectors["epoll in milliseconds"] = func() (selector, error) {
		s, err := openSelector()
		if err == nil {
			s.(*epoll).coarse = true
		}
		return s, err
	}
}

func TestFault_noPwait2(t *testing.T) {
	noPwait2.Store(true)
	defer noPwait2.Store(false)
	TestSleep_neverEarly(t)
}
