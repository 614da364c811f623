package simnet

import (
	"errors"
	"os"
)

// What goes wrong in a simulated network. Plan 9 has no numbers for it.
var (
	ErrSimReset       = errors.New("connection reset by peer")
	ErrSimRefused     = errors.New("connection refused")
	ErrSimTimeout     = os.ErrDeadlineExceeded
	ErrSimPipe        = errors.New("broken pipe")
	ErrSimInUse       = errors.New("address already in use")
	ErrSimNotMine     = errors.New("cannot assign requested address")
	ErrSimUnreachable = errors.New("no route to host")
	ErrSimTooLong     = errors.New("message too long")
	ErrSimInvalid     = errors.New("invalid argument")
	ErrSimNoPeer      = errors.New("destination address required")
	ErrSimDown        = errors.New("network is down")
)
