package asm

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// From winnt.h; package windows lacks them.
const (
	processUserShadowStackPolicy = 15     // of PROCESS_MITIGATION_POLICY
	enableUserShadowStack        = 1 << 0 // of PROCESS_MITIGATION_USER_SHADOW_STACK_POLICY
)

var getProcessMitigationPolicy = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessMitigationPolicy")

func shadowStack() (active bool, how string) {
	const name = "GetProcessMitigationPolicy(ProcessUserShadowStackPolicy)"
	if err := getProcessMitigationPolicy.Find(); err != nil {
		return false, name + ": " + err.Error()
	}
	var policy uint32
	ok, _, err := getProcessMitigationPolicy.Call(uintptr(windows.CurrentProcess()),
		processUserShadowStackPolicy, uintptr(unsafe.Pointer(&policy)), unsafe.Sizeof(policy))
	if ok == 0 {
		return false, name + ": " + err.Error() // before Windows 10, version 2004
	}
	active = policy&enableUserShadowStack != 0
	return active, name + onOff(active)
}
