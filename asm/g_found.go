//go:build gc && (386 || arm || loong64 || mips || mipsle || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || wasm)

package asm

// currentG returns the address of the g of the calling goroutine.
func currentG() uintptr
