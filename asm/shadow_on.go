//go:build (linux && (amd64 || arm64)) || (windows && amd64)

package asm

func onOff(active bool) string {
	if active {
		return ": on"
	}
	return ": off"
}
