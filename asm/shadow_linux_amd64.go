package asm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// From the kernel's arch/x86/include/uapi/asm/prctl.h; package unix lacks them.
const (
	archShstkStatus = 0x5005 // ARCH_SHSTK_STATUS
	archShstkShstk  = 1 << 0 // ARCH_SHSTK_SHSTK
)

func shadowStack() (active bool, how string) {
	const name = "arch_prctl(ARCH_SHSTK_STATUS)"
	var features uint64
	_, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, archShstkStatus, uintptr(unsafe.Pointer(&features)), 0)
	if errno != 0 {
		return false, name + ": " + errno.Error() // kernels before 6.6
	}
	active = features&archShstkShstk != 0
	return active, name + onOff(active)
}
