package stackful

import (
	"sync/atomic"
	"unsafe"
)

// detached owns the stacks that belong to no goroutine at the moment. Its id is
// no goroutine's, so that every use of such a stack is refused.
var detached = new(owner)

// Detach takes s, which is suspended or not started, away from its goroutine,
// the calling one. Until Attach gives it to a goroutine it cannot be switched
// to: ErrWrongGoroutine. The detached stack is what another goroutine is handed;
// everything on the stack goes along.
//
// It panics with ErrWrongGoroutine if s is not the calling goroutine's, with
// ErrDone if s has ended, with ErrRunning if s is the running stack or a root:
// a goroutine cannot do without its own stack. Code on s that has tied itself to
// the goroutine, by runtime.LockOSThread or inside a synctest bubble, say, will
// find itself on another one.
func (s *Stack) Detach() {
	switch {
	case s.loadOwner() == nil:
		misuse("Detach", ErrNotInitialized)
	case !s.Owned():
		misuse("Detach", ErrWrongGoroutine)
	case s.state == stateDone:
		misuse("Detach", ErrDone)
	case s == &s.owner.root, s == s.owner.running():
		misuse("Detach", ErrRunning)
	}
	s.resumer = nil // it stays behind
	if s.relay != nil {
		s.leavePairs()
	}
	raceDetach(s)
	atomic.StorePointer(s.ownerPointer(), unsafe.Pointer(detached))
}

// Attach makes the detached s a stack of the calling goroutine. It panics with
// ErrWrongGoroutine if s is not detached: of several goroutines that try, one
// succeeds.
func (s *Stack) Attach() {
	if !atomic.CompareAndSwapPointer(s.ownerPointer(), unsafe.Pointer(detached), unsafe.Pointer(currentOwner())) {
		misuse("Attach", ErrWrongGoroutine)
	}
	raceAttach(s)
}

func (s *Stack) ownerPointer() *unsafe.Pointer {
	return (*unsafe.Pointer)(unsafe.Pointer(&s.owner))
}
