package stackful

import (
	"runtime"
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
// been dead since. An end that is not seen yet is seen by the next scan. (The g of
// a thread that C made serves one callback after the other, but runs no stacks.)
//
// # Its suspended stacks
//
// They rest on carriers (native_resting.go), so all carriers are scanned. (One that has
// been ended since is a g like any other, and scanned with the same care.)
//
// That takes no lock, and the switches of living goroutines would not respect
// one (native_lockfree.go). So a scan may read a carrier while its stack is exchanged; the
// words are inconsistent then, and a stack that it misses is found by the next scan.
//
// Let w be a stack that a scan has found, of an ended goroutine's owner, and not its root.
//
//   - It is suspended, since of that goroutine only the root ran at the end, and a stack that is
//     done is not started;
//   - it stays what it is until adopt: Switch, Resume, Init and Detach compare the
//     running goroutine's id, Attach takes only what is detached, and the
//     collector does not move objects.

// ended reports whether the goroutine of o has ended. ownersMu is held.
func (o *owner) ended() bool {
	return !o.foreign && goroutineEnded(o.g, o.goid)
}

// goroutineEnded reports whether the goroutine with that id, which had the g, has ended.
func goroutineEnded(g uintptr, goid uint64) bool {
	return uint64(peek(g+asm.GGoid)) != goid || uint32(peek(g+asm.GAtomicstatus))&^asm.StatusScanBit == asm.StatusDead
}

// releaseEnded is for an owner that leaves ownersNear: a program that makes many goroutines of
// short lives must not wait for the collector to find out that they have ended.
func (o *owner) releaseEnded() {
	if !o.kept.Load() {
		return
	}
	ownersMu.Lock()
	defer ownersMu.Unlock()
	if !o.adopting.Load() && o.ended() {
		o.release()
	}
}

// maxFutileScans is how often the orphans of an ended goroutine are scanned for without
// success. Once might do: a scan can fail only while the collector moves the stack in
// question, to shrink it. There must be a limit, since the handle of a stack that is done
// keeps the owner for as long as it is held itself.
const maxFutileScans = 3

// endedOwners returns the owners whose goroutines have ended, but for those that
// are about to get another one. They are returned from the second time on: most
// have left nothing, so that the next cycle collects them.
func endedOwners() (ended []*owner) {
	ownersMu.Lock()
	defer ownersMu.Unlock()
	for _, w := range owners {
		o := w.Value()
		if o == nil || o.adopting.Load() || !o.ended() {
			continue
		}
		o.release()
		if o.endedScans > maxFutileScans {
			continue
		}
		if o.endedScans++; o.endedScans > 1 {
			ended = append(ended, o)
		} else {
			ownersNear[o.goid%nearOwners].CompareAndSwap(o, nil) // or it would not be collected
		}
	}
	return ended
}

func (o *owner) adoptOwnerNative(goid uint64) {
	ownersMu.Lock()
	delete(owners, o.goid)
	owners[goid] = weak.Make(o)
	o.setGoid(goid)
	o.endedScans = 0
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
	orphans := make(map[*owner][]*Stack)
	for _, x := range carriers.snapshot() {
		w, of := restingOn(x)
		if o := byAddress[of]; o != nil && w != uintptr(unsafe.Pointer(&o.root)) {
			orphans[o] = append(orphans[o], *(**Stack)(unsafe.Pointer(&w)))
		}
	}
	return orphans
}
