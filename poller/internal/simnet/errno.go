//go:build !plan9

package simnet

import "syscall"

// The errors of a simulated network are the system's, so that programs handle them as theirs.
var (
	ErrReset       error = syscall.ECONNRESET
	ErrRefused     error = syscall.ECONNREFUSED
	ErrTimeout     error = syscall.ETIMEDOUT
	ErrPipe        error = syscall.EPIPE
	ErrInUse       error = syscall.EADDRINUSE
	ErrNotMine     error = syscall.EADDRNOTAVAIL
	ErrUnreachable error = syscall.EHOSTUNREACH
	ErrTooLong     error = syscall.EMSGSIZE
	ErrInvalid     error = syscall.EINVAL
	ErrNoPeer      error = syscall.EDESTADDRREQ
	ErrDown        error = syscall.ENETDOWN

	errConnected    error = syscall.EISCONN
	errNotConnected error = syscall.ENOTCONN
	errNoFile       error = syscall.ENOENT
)
