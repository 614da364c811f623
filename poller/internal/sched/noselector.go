package sched

import (
	"fmt"

	"github.com/stackful-go/stackful/poller/internal/selector"
)

// NoSelector is the selector of a simulation, which has no descriptors and never waits.
type NoSelector struct{}

// Add returns an error that matches ErrSimulated.
func (NoSelector) Add(int, uint64) error { return refuseFD() }

// Rearm returns an error, see Add.
func (NoSelector) Rearm(int, uint64) error { return refuseFD() }

// Want does nothing.
func (NoSelector) Want(int, selector.Readiness) {}

// Remove does nothing.
func (NoSelector) Remove(int) error { return nil }

// Wait returns no events, at once.
func (NoSelector) Wait([]selector.Event, int64) (int, error) { return 0, nil }

// Wake does nothing.
func (NoSelector) Wake() {}

// Close does nothing.
func (NoSelector) Close() error { return nil }

func refuseFD() error { return fmt.Errorf("%w: watch a descriptor", ErrSimulated) }
