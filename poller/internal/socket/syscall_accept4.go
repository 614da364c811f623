//go:build (dragonfly || freebsd || netbsd || openbsd) && !poller_std

package socket

import "syscall"

// AcceptName is the name of the system call of Calls.Accept, for errors.
const AcceptName = "accept4"

func acceptFD(fd int) (int, syscall.Sockaddr, error) {
	return syscall.Accept4(fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
}
