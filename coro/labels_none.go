//go:build stackful_portable || !go1.25 || go1.28

package coro

// The portable backend is the only one in this build: nothing to exchange.

type labels = *struct{}

func goroutineLabels() labels { return nil }

func setGoroutineLabels(labels) {}
