package stackful

// Discard ends s without running it again, if that makes no difference: s is
// suspended in a Switch, and no function in whose call it is has a defer
// statement, the entry function that Init was given excepted, whose deferred calls
// are not run. It reports whether it did; if so s is done, and what its
// frames held is garbage.
//
// It may always report false: where the answer would need a wait (the
// collector marks, a goroutine profile is taken), with a switch hook, in the
// portable backend, and if it is the entry function itself that called Switch and it has
// a defer statement. So it is the quick way to try before SwitchPanic, some 30 ns
// instead of several hundred.
//
// Discard does not switch and does not block. It reports false if s has not started or is
// done. It panics as Switch does if s belongs to another goroutine or is not initialized,
// and with ErrRunning if s is the running stack or a root.
func (s *Stack) Discard() bool {
	if s.owner == nil {
		misuse("Discard", ErrNotInitialized)
	}
	if !s.Owned() {
		misuse("Discard", ErrWrongGoroutine)
	}
	if s == &s.owner.root || s == s.owner.running() {
		misuse("Discard", ErrRunning)
	}
	return native && !raceEnabled && s.discardNative()
}

// RecoverOnly recovers from the panic that goes on in the running stack if its
// value is v, the very same, and reports whether it did. Like recover, it must be
// called directly by a deferred function which that panic runs; it does not
// check this. It is several times faster, and is for a layer above that ends stacks by a
// panic of its own.
//
// It may always report false, and does in the portable backend: then recover tells.
func RecoverOnly(v any) bool { return native && v != nil && takePanic(v) }
