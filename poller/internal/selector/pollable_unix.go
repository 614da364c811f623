//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import "golang.org/x/sys/unix"

// checkPollable returns the errors of epoll_ctl for system interfaces that do not return them:
// EBADF, and EPERM for a descriptor that is always ready. (A kqueue would watch a file for
// growth.)
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
