//go:build !gc || stackful_portable || !(amd64 || arm64) || !go1.25 || go1.28

package asm

// PendingTimers returns how many timers the Go runtime has armed. ok is false where that is not
// known, as in this build.
func PendingTimers() (n int, ok bool) { return 0, false }
