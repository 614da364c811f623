package stackful

import "runtime"

// native is set once, before main: whether this process swaps stacks.
var native bool

// portableReason is why it does not.
var portableReason string

// BackendInfo says how stacks are switched in this process, and why.
type BackendInfo struct {
	Native bool   // stacks are exchanged inside the goroutine; otherwise each is a goroutine that is handed the turn
	Reason string // for people: why this backend was chosen
	Go     string // the Go release of the binary
	Arch   string // GOOS/GOARCH
}

// Backend returns the choice that was made when the process started. It may be
// called from any goroutine.
//
// The two keep one contract, but for what goroutines cannot do. In the portable backend
// each stack has a goroutine id and pprof labels of its own; a goroutine that is locked to
// its thread cannot switch (ErrThreadLocked), so what must stay on one thread, such as a
// graphical interface, must not use stacks there; and a switch takes longer.
func Backend() BackendInfo {
	b := BackendInfo{
		Native: native,
		Reason: portableReason,
		Go:     runtime.Version(),
		Arch:   runtime.GOOS + "/" + runtime.GOARCH,
	}
	if native {
		b.Reason = "the layout table fits this binary"
	}
	return b
}
