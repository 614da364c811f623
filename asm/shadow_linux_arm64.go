package asm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

func shadowStack() (active bool, how string) {
	const name = "prctl(PR_GET_SHADOW_STACK_STATUS)"
	var mode uint64
	_, _, errno := unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_GET_SHADOW_STACK_STATUS,
		uintptr(unsafe.Pointer(&mode)), 0, 0, 0, 0)
	if errno != 0 {
		return false, name + ": " + errno.Error() // kernels before 6.13, CPUs without GCS
	}
	active = mode&unix.PR_SHADOW_STACK_ENABLE != 0
	return active, name + onOff(active)
}
