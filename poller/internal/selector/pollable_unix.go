//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import "golang.org/x/sys/unix"

// checkPollable returns what epoll_ctl says of a descriptor that is none, or is
// always ready, on behalf of system interfaces that do not say it. (A kqueue watches
// a file for having grown.)
func checkPollable(fd int) error {
	var st unix.Stat_t
	for {
		err := unix.Fstat(fd, &st)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR:
		return unix.EPERM
	}
	return nil
}
