package simnet

import (
	"errors"
	"os"
)

// The errors of a simulated network. Plan 9 has no error numbers.
var (
	ErrReset       = errors.New("connection reset by peer")
	ErrRefused     = errors.New("connection refused")
	ErrTimeout     = os.ErrDeadlineExceeded
	ErrPipe        = errors.New("broken pipe")
	ErrInUse       = errors.New("address already in use")
	ErrNotMine     = errors.New("cannot assign requested address")
	ErrUnreachable = errors.New("no route to host")
	ErrTooLong     = errors.New("message too long")
	ErrInvalid     = errors.New("invalid argument")
	ErrNoPeer      = errors.New("destination address required")
	ErrDown        = errors.New("network is down")

	errConnected    = errors.New("socket is connected")
	errNotConnected = errors.New("socket is not connected")
	errNoFile       = os.ErrNotExist
)
