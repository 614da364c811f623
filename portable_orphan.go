package stackful

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"weak"
)

// In the portable backend the only sign that a goroutine has ended is its absence from a
// dump of all goroutines. A dump stops the world, for some 15 µs for each goroutine, so it is
// taken seldom, and only if it may find something: orphans, or owners that are kept for
// goroutines which have ended (see keep), and among very many goroutines only if these
// are at least half of them.
//
// The answer is right, since
//
//   - a goroutine that made an owner and lives is in the dump: it leaves out only
//     those that the runtime considers its own (isSystemGoroutine) and those of
//     threads that C made, between two callbacks. Owners made on one of these
//     count as foreign, and their goroutines never as ended;
//   - the owners in question are noted before the dump is taken, which is complete;
//   - any other text in it can only make a goroutine appear to live;
//   - the stacks are those that the ended goroutine has after the dump. No other
//     goroutine can do anything with them; and they are suspended, as only the root
//     runs when a goroutine ends.
const dumpFew = 2_000 // up to so many goroutines any suspect is reason enough: a pause of some 30 ms

// dumpShare: at most one part in so many of the time goes to dumps.
var dumpShare time.Duration = 100 // a number, for tests to change

// An activity tells whether an owner has switched since the last tick. A yield in a pair does not
// note it: each has a next before it.
type activity struct {
	switched atomic.Uint64 // 1 if so; the tick resets it
	atRoot   bool          // the root had the turn at the last tick
}

func (a *activity) note() { storeRelaxed(&a.switched, 1) }

// idle reports whether the root has the turn, and had it at the last tick and ever
// since, as it has if its goroutine ended.
func (o *owner) idle() bool {
	a := &o.activity
	wasAtRoot := a.atRoot
	a.atRoot = o.turn.is(o.loadGoid())
	return a.switched.Swap(0) == 0 && wasAtRoot
}

// nextDump is when the next dump may be taken; only the tick uses it.
var nextDump time.Time

// orphansPortable returns the orphans of ended goroutines.
func orphansPortable() map[*owner][]*Stack {
	suspects, n := suspendedStacks(), 0
	for o, stacks := range suspects {
		if !o.idle() {
			delete(suspects, o)
			continue
		}
		n += len(stacks)
	}
	kept := keptPortable()
	if len(kept) >= keptThreshold {
		n += len(kept)
	}
	all := runtime.NumGoroutine()
	if n == 0 || all > dumpFew && n < all/2 || time.Now().Before(nextDump) {
		return nil
	}
	start := time.Now()
	alive := livingGoroutines()
	nextDump = time.Now().Add(dumpCost(time.Since(start), all) * dumpShare)
	releasePortable(kept, alive)
	orphans := suspendedStacks() // again: suspects had time to change before they ended
	for o := range orphans {
		if suspects[o] == nil || alive[o.loadGoid()] {
			delete(orphans, o)
		}
	}
	return orphans
}

// dumpCost returns the cost of a dump of so many goroutines that took so long, which is not
// more than a slow machine needs. The rest of the time was a wait for a processor, and would
// put off the next dump, and with it the end of orphans, by a hundred times as long.
func dumpCost(took time.Duration, goroutines int) time.Duration {
	const each, more = 50 * time.Microsecond, time.Millisecond
	return min(took, more+each*time.Duration(goroutines))
}

// minKeptThreshold is the least value of keptThreshold.
const minKeptThreshold = 64

// keptThreshold is how many kept owners are a reason for a dump: more than twice those that
// were still kept after the last one, so that dumps cost a bounded time for each goroutine
// that has stored something, and no more than about half of the kept owners are those of
// ended goroutines.
var keptThreshold = minKeptThreshold

// keptPortable returns the owners that are kept, with the ids of their goroutines.
func keptPortable() map[*owner]uint64 {
	ownersMu.Lock()
	defer ownersMu.Unlock()
	kept := make(map[*owner]uint64, len(keptOwners))
	for o := range keptOwners {
		kept[o] = o.loadGoid()
	}
	return kept
}

// releasePortable releases those of the kept owners whose goroutines have ended.
func releasePortable(kept map[*owner]uint64, alive map[uint64]bool) {
	ownersMu.Lock()
	defer ownersMu.Unlock()
	for o, goid := range kept {
		if !o.foreign && !alive[goid] && o.loadGoid() == goid {
			o.release()
		}
	}
	keptThreshold = minKeptThreshold + 2*len(keptOwners)
}

// suspendedStacks returns the stacks that have started and not ended, and may be
// some goroutine's orphans.
func suspendedStacks() map[*owner][]*Stack {
	t := &portableStacks
	t.mu.Lock()
	defer t.mu.Unlock()
	stacks := make(map[*owner][]*Stack)
	for _, s := range t.made {
		if o := s.loadOwner(); o != detached && o != abandoned && !o.foreign && !o.adopting.Load() {
			stacks[o] = append(stacks[o], s)
		}
	}
	return stacks
}

func (o *owner) adoptOwnerPortable(goid uint64) {
	t := &portableStacks
	t.mu.Lock()
	delete(t.roots, o.goid)
	t.roots[goid] = weak.Make(o)
	o.setGoid(goid)
	t.mu.Unlock()
	o.root.relay.hold(o, goid)
	runtime.AddCleanup(o, forgetPortableRoot, goid)
}

// livingGoroutines returns the ids of all goroutines but the runtime's own.
func livingGoroutines() map[uint64]bool {
	const each = 1 << 10 // bytes, for most goroutines
	dump := make([]byte, (runtime.NumGoroutine()+16)*each)
	n := runtime.Stack(dump, true)
	for n == len(dump) { // cut off
		dump = make([]byte, 2*len(dump))
		n = runtime.Stack(dump, true)
	}
	alive := make(map[uint64]bool)
	for line := range bytes.Lines(dump[:n]) {
		if rest, ok := bytes.CutPrefix(line, []byte("goroutine ")); ok {
			id, _, _ := bytes.Cut(rest, []byte(" "))
			if n, err := strconv.ParseUint(string(id), 10, 64); err == nil {
				alive[n] = true
			}
		}
	}
	return alive
}

// onRuntimesGoroutine reports whether the function of the running goroutine is
// package runtime's, as that of finalizers is, and of callbacks from C. The main
// goroutine is among them: it does not end. It also says so if it cannot tell.
func onRuntimesGoroutine() bool {
	var pcs [256]uintptr
	n := runtime.Callers(0, pcs[:])
	if n < 2 || n == len(pcs) {
		return true
	}
	frames := runtime.CallersFrames(pcs[n-2 : n-1]) // the last is goexit
	for {
		frame, more := frames.Next()
		if !more {
			return strings.HasPrefix(frame.Function, "runtime.")
		}
	}
}
