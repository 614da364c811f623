//go:build !go1.25 || go1.28

package asm

// Labels stands for the labels of a goroutine in releases of Go that this package does not know.
type Labels = *struct{}

// KnowsLabels: see labels.go.
const KnowsLabels = false

// GoroutineLabels returns nil.
func GoroutineLabels() Labels { return nil }

// SetGoroutineLabels does nothing.
func SetGoroutineLabels(Labels) {}
