//go:build !go1.25 || go1.28

package poller

type labels = *struct{}

func goroutineLabels() labels { return nil }

func setGoroutineLabels(labels) {}

const knowsLabels = false
