//go:build !(linux && (amd64 || arm64)) && !(windows && amd64)

package asm

func shadowStack() (active bool, how string) {
	return false, "nothing to ask on this system"
}
