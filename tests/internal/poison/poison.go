//go:build amd64 || arm64

// Package poison fills registers with garbage, as far as Go's calling
// convention lets a called function do that, and reads those that have a fixed
// meaning. It is for tests.
package poison

// Registers fills every register that a call may change: on amd64 all but SP,
// BP, R14 and X15; on arm64 all but RSP, R18, R28, R29, R30.
func Registers()

// Fixed returns the registers that hold the same in all Go code: the current g,
// and on amd64 the two halves of X15, which is zero.
func Fixed() (current, zeroLow, zeroHigh uint64)

// FloatControl returns the control bits of MXCSR or FPCR.
func FloatControl() uint64

// Frame returns the frame pointer of its caller.
func Frame() uint64

// Values that Registers leaves behind.
const (
	IntGarbage   = 0xdeaddeaddeaddead
	FloatGarbage = 0x7ff4dead7ff4dead // a signalling NaN
)
