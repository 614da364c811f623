//go:build !plan9

package simnet

import "syscall"

// What goes wrong in a simulated network.
var (
	ErrSimReset       error = syscall.ECONNRESET
	ErrSimRefused     error = syscall.ECONNREFUSED
	ErrSimTimeout     error = syscall.ETIMEDOUT
	ErrSimPipe        error = syscall.EPIPE
	ErrSimInUse       error = syscall.EADDRINUSE
	ErrSimNotMine     error = syscall.EADDRNOTAVAIL
	ErrSimUnreachable error = syscall.EHOSTUNREACH
	ErrSimTooLong     error = syscall.EMSGSIZE
	ErrSimInvalid     error = syscall.EINVAL
	ErrSimNoPeer      error = syscall.EDESTADDRREQ
	ErrSimDown        error = syscall.ENETDOWN
)
