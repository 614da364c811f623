//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (amd64 || arm64) && (linux || darwin || freebsd)

package stackful

import (
	"runtime"
	"runtime/debug"
	"unsafe"
	"weak"

	"github.com/stackful-go/stackful/asm"
)

// # When a goroutine has ended
//
// Its g is never freed, and is either dead (gdestroy, as a goroutine's last act,
// by goexit or Goexit) or has been given to another goroutine, with an id of its own
// (newproc1; ids are not used twice). Both are read without a lock. A goroutine that
// lives shows neither: its own id was in g when it made its owner, and g has not
// been dead since. An end that is not seen yet is seen next time. (The g of a
// thread that C made goes from callback to callback, but runs no stacks.)
//
// # Which stacks it has left
//
// A stack that is suspended is held by a carrier, and each trampoline leaves its
// Stack at the top of its frame, at a known distance from stktopsp, together
// with the complement. So all carriers are looked into.
//
// (A carrier that has been ended since is a g like any other, and looked into
// with the same care.)
//
// That takes no lock, and the switches of living goroutines would not respect
// one (quiet.go). So a look may come while one stack takes the place of another,
// or read the memory of one that has been moved or freed. All it gets then is
// wrong words: it writes nothing, keeps what it reads in integers, and follows
// only what was a Stack's address at some time, as the complement tells.
// (With GODEBUG=efence=1 freed memory is unmapped: a fault is a panic here.)
//
// Let w be such an address, whose words say that it is a started Stack of an
// ended goroutine's owner, is not that owner's root, and is held by the very
// carrier X that was looked into. No other object holds the addresses of an
// owner and of a carrier in these places, so w is a Stack, and
//
//   - it is suspended in X: host and pulled are stale only while a stack runs,
//     on a goroutine that has ended only its root did, and a stack that is done
//     is not started;
//   - it is alive, since it is its own frames that refer to it;
//   - it stays what it is until adopt: Switch, Resume, Init and Detach ask for the
//     running goroutine's id, Attach takes only what is detached, and the
//     collector does not move objects.

// ended reports whether the goroutine of o has ended. ownersMu is held.
func (o *owner) ended() bool {
	return !o.foreign && (uint64(peek(o.g+asm.GGoid)) != o.goid ||
		uint32(peek(o.g+asm.GAtomicstatus))&^asm.StatusScanBit == asm.StatusDead)
}

// releaseEnded is for an owner that leaves ownersNear: a program that makes many goroutines of
// short lives must not wait for the collector to find out that they have ended.
func (o *owner) releaseEnded() {
	if !o.kept.Load() {
		return
	}
	ownersMu.Lock()
	defer ownersMu.Unlock()
	if !o.adopted.Load() && o.ended() {
		o.release()
	}
}

// peek reads aligned words.
var _ = [1]struct{}{}[asm.GGoid%8|asm.GAtomicstatus%8|asm.GStktopsp%8]

// fruitless is how often the orphans of a goroutine are looked for without success.
// Once might do: a look can fail only while the collector moves the stack in
// question, to make it smaller. The owner may be there for ever, since somebody
// has the handle of a stack that is done.
const fruitless = 3

// endedOwners returns the owners whose goroutines have ended, but for those that
// are about to get another one. They are returned from the second time on: most
// have left nothing, so that the next cycle collects them.
func endedOwners() (ended []*owner) {
	ownersMu.Lock()
	defer ownersMu.Unlock()
	for _, w := range owners {
		o := w.Value()
		if o == nil || o.adopted.Load() || !o.ended() {
			continue
		}
		o.release()
		if o.looks > fruitless {
			continue
		}
		if o.looks++; o.looks > 1 {
			ended = append(ended, o)
		} else {
			ownersNear[o.goid%nearOwners].CompareAndSwap(o, nil) // or it would not be collected
		}
	}
	return ended
}

func (o *owner) takePlaceNative(goid uint64) {
	ownersMu.Lock()
	delete(owners, o.goid)
	owners[goid] = weak.Make(o)
	o.setGoid(goid)
	o.looks = 0
	o.root.black = 0 // it was the other goroutine's stack
	o.attachNative()
	ownersMu.Unlock()
	runtime.AddCleanup(o, forgetOwner, ownerRemains{goid: goid})
	ownersNear[goid%nearOwners].Store(o)
}

// orphansNative returns the orphans of ended goroutines.
func orphansNative() map[*owner][]*Stack {
	ended := endedOwners()
	if len(ended) == 0 {
		return nil
	}
	byAddress := make(map[uintptr]*owner, len(ended))
	for _, o := range ended {
		byAddress[uintptr(unsafe.Pointer(o))] = o
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	orphans := make(map[*owner][]*Stack)
	for _, x := range carriers.snapshot() {
		if s, o := lookInto(x, byAddress); s != nil {
			orphans[o] = append(orphans[o], s)
		}
	}
	return orphans
}

// ownWord says how far below stktopsp a trampoline leaves its Stack, right above
// the complement: the return address and the saved BP are above it on amd64, room
// that the caller's frame pointer needs on arm64.
var ownWord = map[string]uintptr{"amd64": 24, "arm64": 16}[runtime.GOARCH]

// lookInto returns the stack that carrier x holds, and its owner, if that is one
// of those that have ended.
func lookInto(x uintptr, ended map[uintptr]*owner) (s *Stack, o *owner) {
	defer func() {
		if recover() != nil { // a fault: see above
			s, o = nil, nil
		}
	}()
	top := peek(x + asm.GStktopsp)
	w := peek(top - ownWord)
	if peek(top-ownWord-8) != ^w {
		return nil, nil
	}
	o = ended[peek(w+unsafe.Offsetof(s.owner))]
	if o == nil || w == uintptr(unsafe.Pointer(&o.root)) || peek(w+unsafe.Offsetof(s.state)) != stateStarted {
		return nil, nil
	}
	if peek(w+unsafe.Offsetof(s.host))&^listed != x && peek(w+unsafe.Offsetof(s.pulled))&^listed != x {
		return nil, nil
	}
	return *(**Stack)(unsafe.Pointer(&w)), o
}

// peek returns the word at an address, which is a multiple of 8; nothing that
// follows is read before it. Being assembly, it keeps the address from those who
// think that it is a pointer: the collector, checkptr and the race detector.
//
//go:noescape
func peek(address uintptr) uintptr
