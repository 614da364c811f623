//go:build (dragonfly || freebsd || netbsd || openbsd) && !poller_std

package poller

import "syscall"

const acceptName = "accept4"

func acceptFD(fd int) (int, syscall.Sockaddr, error) {
	return syscall.Accept4(fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
}
