//go:build !gc || stackful_portable || !(amd64 || arm64) || !go1.25 || go1.28

package asm

// haveTimers says that this build can look for timers.
const haveTimers = false

// PendingTimers returns how many timers the Go runtime has armed. ok is false where that is not
// known, as in this build.
func PendingTimers() (n int, ok bool) { return 0, false }
