package poller

import "errors"

// What goes wrong in a simulated network. Plan 9 has no numbers for it.
var (
	errSimReset       = errors.New("connection reset by peer")
	errSimRefused     = errors.New("connection refused")
	errSimTimeout     = os.ErrDeadlineExceeded
	errSimPipe        = errors.New("broken pipe")
	errSimInUse       = errors.New("address already in use")
	errSimNotMine     = errors.New("cannot assign requested address")
	errSimUnreachable = errors.New("no route to host")
	errSimTooLong     = errors.New("message too long")
	errSimInvalid     = errors.New("invalid argument")
	errSimNoPeer      = errors.New("destination address required")
	errSimDown        = errors.New("network is down")
)
