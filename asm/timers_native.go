//go:build gc && !stackful_portable && (amd64 || arm64) && go1.25 && !go1.28

package asm

import "runtime"

// haveTimers says that this build can look for timers.
const haveTimers = KnownGo

// PendingTimers returns how many timers the Go runtime has armed: those of package time, and
// deadlines. ok is false where that is not known: without a table, or while another thread runs Go
// code or collects garbage, since only the calling goroutine's P and the idle ones are looked at.
// The runtime does as much when it decides whether all goroutines are asleep.
//
// It reads words of the runtime without its locks. Structs of these kinds are never freed, so a
// wrong answer is the worst that can come of it, and no other thread changes the list of idle P's
// without taking one out of it, which the count shows.
func PendingTimers() (n int, ok bool) {
	if !haveTimers {
		return 0, false
	}
	all := runtime.GOMAXPROCS(0)
	procPin()
	defer procUnpin()
	n, seen := timersOf(wordAt(gWord(GM)+MP)), 1
	for p := wordAt(schedAddress() + SchedPidle); p != 0 && seen <= all; p = wordAt(p + PLink) {
		n += timersOf(p)
		seen++
	}
	return n, seen == all
}

// schedAddress returns the address of the runtime's sched.
func schedAddress() uintptr

// timersOf returns how many timers a P has, but those that were stopped and are still in its heap.
func timersOf(p uintptr) int {
	return int(halfAt(p+PTimersLen)) - int(halfAt(p+PTimersZombies))
}

// halfAt returns the int32 at an address.
func halfAt(address uintptr) int32 {
	return int32(wordAt(address&^7) >> (address & 7 * 8)) // all of our CPUs are little-endian
}
