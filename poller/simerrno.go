//go:build !plan9

package poller

import "syscall"

// What goes wrong in a simulated network.
var (
	errSimReset       error = syscall.ECONNRESET
	errSimRefused     error = syscall.ECONNREFUSED
	errSimTimeout     error = syscall.ETIMEDOUT
	errSimPipe        error = syscall.EPIPE
	errSimInUse       error = syscall.EADDRINUSE
	errSimNotMine     error = syscall.EADDRNOTAVAIL
	errSimUnreachable error = syscall.EHOSTUNREACH
	errSimTooLong     error = syscall.EMSGSIZE
	errSimInvalid     error = syscall.EINVAL
	errSimNoPeer      error = syscall.EDESTADDRREQ
	errSimDown        error = syscall.ENETDOWN
)
