//go:build !amd64 && !arm64

package asm

// TopGap is a placeholder, like the offsets of layout_unknown.go.
const TopGap = 0
