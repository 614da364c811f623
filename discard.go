package stackful

// Discard ends s without running it again, if that makes no difference: s is
// suspended in a Switch, and no function in whose call it is has a defer
// statement, the entry function that Init was given excepted, whose deferred calls
// are not run. It reports whether it did; if so s is done, and what its
// frames held is garbage.
//
// It may always report false: where it cannot be told without a wait (the
// collector marks, a profile or a trace is taken, a switch hook is set), and in the
// portable backend. So it is the quick way out before SwitchPanic: some 20 ns
// instead of several hundred.
//
// Discard does not switch and does not block. It panics as Switch does if s
// belongs to another goroutine or is not initialized.
func (s *Stack) Discard() bool {
	if s.owner == nil {
		misuse("Discard", ErrNotInitialized)
	}
	if !s.Owned() {
		misuse("Discard", ErrWrongGoroutine)
	}
	return native && !raceEnabled && s.discardNative()
}
