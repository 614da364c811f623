package stackful_test

import (
	"runtime"
	"syscall"
	"testing"
)

// A goroutine that is locked to its thread stays there on all of its stacks.
func TestIdentity_lockOSThread(t *testing.T) {
	needNative(t)
	onGoroutine(func() {
		runtime.LockOSThread()
		tid := syscall.Gettid()
		entry := func(any) any {
			for range 50 {
				want(t, "thread on a stack", syscall.Gettid(), tid)
				up(nil)
				runtime.Gosched()
				want(t, "thread after yielding", syscall.Gettid(), tid)
			}
			return nil
		}
		besideGC(1<<30, func() {
			for a, b := body(entry), body(entry); !b.Done(); {
				a.Switch(nil)
				want(t, "thread on the root", syscall.Gettid(), tid)
				b.Switch(nil)
			}
		})
		runtime.UnlockOSThread()
	})
}

// The lock is the goroutine's: taken on one stack, it holds on the others. The
// thread of a goroutine that ends while it is locked ends with it.
func TestIdentity_lockOSThreadOnStack(t *testing.T) {
	needNative(t)
	tid := syscall.Getpid()
	for tid == syscall.Getpid() { // the main thread would not end
		onGoroutine(func() {
			body(func(any) any {
				runtime.LockOSThread()
				tid = syscall.Gettid()
				return nil
			}).Switch(nil)
			for range 100 {
				runtime.Gosched()
				want(t, "thread on the root", syscall.Gettid(), tid)
			}
			if tid == syscall.Getpid() {
				runtime.UnlockOSThread()
			}
		})
	}
	eventually(t, "the locked thread has ended", func() bool { return threadGone(tid) })
}

func threadGone(tid int) bool {
	_, _, errno := syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(tid), 0)
	return errno == syscall.ESRCH
}
