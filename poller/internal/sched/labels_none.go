//go:build !go1.25 || go1.28

package sched

type labels = *struct{}

// GoroutineLabels returns nil: on this release of Go labels cannot be read.
func GoroutineLabels() labels { return nil }

func setGoroutineLabels(labels) {}

// KnowsLabels reports whether tasks can have labels of their own.
const KnowsLabels = false
