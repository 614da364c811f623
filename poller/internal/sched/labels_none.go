//go:build !go1.25 || go1.28

package sched

type labels = *struct{}

func GoroutineLabels() labels { return nil }

func setGoroutineLabels(labels) {}

const KnowsLabels = false
