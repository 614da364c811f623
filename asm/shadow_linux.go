//go:build amd64 || arm64

package asm

func onOff(active bool) string {
	if active {
		return ": on"
	}
	return ": off"
}
