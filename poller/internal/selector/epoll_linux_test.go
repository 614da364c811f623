//go:build linux && !poller_std && !poller_poll

package selector

func init() {
	selectors["epoll in milliseconds"] = func() (Selector, error) {
		s, err := Open()
		if err == nil {
			s.(*epoll).coarse = true
		}
		return s, err
	}
}
