//go:build stackful_portable || valgrind || goexperiment.runtimesecret || !go1.25 || go1.28 || !(amd64 || arm64) || !(linux || darwin || freebsd)

package stackful

// The native backend is not part of this build; what the common code names of
// it is here, and never called.

func init() { portableReason = portableBuild }

type carrierCache struct{}

func (*carrierCache) flush() {}

func (*owner) attachNative() {}

var switchTo = switchRefused

func (s *Stack) switchNative(string, any) any { return nil }

func (s *Stack) finishNative(string, *Stack, any) {}

func finishFast(s, next *Stack, v any) {}

func marking() bool { return false }

func prefetch(uintptr) {}

func offerToken() uint64 { return 0 }

func mustWait(*Stack, uint64) bool { return false }

func (s *Stack) discardNative() bool { return false }

func takePanic(any) bool { return false }

func setIdleLimit(int) (old int) { return 0 }

func nearOwner() *owner { return nil }

var panicTo = panicRefused

var nearSlot = slotSlow

func yieldCode(int) uintptr { return 0 }

func nextCode() uintptr { return 0 }

func orphansNative() map[*owner][]*Stack { return nil }

func (*owner) takePlaceNative(uint64) {}

func (*owner) releaseEnded() {}
