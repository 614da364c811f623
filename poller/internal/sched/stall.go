package sched

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// mostGoroutines is how many goroutines there may be for a report to have a stack: the runtime
// stops the world for as long as it prints all of them. It is a variable for tests.
var mostGoroutines = 10_000

// reportStall calls report if the task of the turn has run for d. It is called by the watcher, on
// its timer's goroutine. The result says that all goroutines wait for each other, as far as can be
// seen, and that the Go runtime will say so if no timer ends the stall.
func (h *Hub) reportStall(report func(Stall), turn uint64, d time.Duration) (blocked bool) {
	s, all, ok := h.stalled(turn, d)
	if !ok || h.Wake.Waiting.Load() {
		return false
	}
	h.stalls.note(s, turn)
	report(s)
	return seesDeadlocks && allBlocked(all)
}

// stalled returns the report of the task of the turn, which has run for d, and the stacks of all goroutines, which are nil
// if there are more than mostGoroutines. ok is false if h runs no task, or another turn has begun: then the
// stack may be another task's.
func (h *Hub) stalled(turn uint64, d time.Duration) (s Stall, all []byte, ok bool) {
	t := h.shown.Load()
	if t == nil || h.Turns.Load() != turn {
		return Stall{}, nil, false
	}
	s = Stall{Task: t, For: d}
	if runtime.NumGoroutine() <= mostGoroutines {
		all = allStacks()
		s.Stack = bytes.Clone(stackOf(all, h.goidOf(t)))
	}
	return s, all, h.Turns.Load() == turn
}

// note records a report of a stall in a turn.
func (l *stallLog) note(s Stall, turn uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n == 0 || l.turn != turn {
		l.n++
	}
	l.turn, l.last, l.at = turn, s, time.Now()
}

// Stalls returns how many stalls of h were reported, the last report and its time. It may be called
// on any goroutine.
func (h *Hub) Stalls() (n int, last Stall, at time.Time) {
	l := &h.stalls
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n, l.last, l.at
}

// goidOf returns the id of the goroutine that t, which runs, is on.
func (h *Hub) goidOf(t *Task) uint64 {
	if h.IsPortable {
		if x := t.Extra.Load(); x != nil {
			return x.goid.Load()
		}
	}
	return h.Goid
}

// StalledFor is the report of the task that runs on h, for a goroutine to which h has not answered
// for d, and that has read Turns before; ok is false if h has made progress, or runs no task.
func (h *Hub) StalledFor(turns uint64, d time.Duration) (s Stall, ok bool) {
	s, _, ok = h.stalled(turns, d)
	return s, ok
}

// allStacks returns the stacks of all goroutines, the calling one's first, as runtime.Stack prints
// them.
func allStacks() []byte {
	buf := make([]byte, 64<<10+1<<10*runtime.NumGoroutine())
	for {
		if n := runtime.Stack(buf, true); n < len(buf) {
			return buf[:n]
		}
		buf = make([]byte, 4*len(buf)) // it was cut short
	}
}

// stackOf returns the stack of a goroutine out of all; nil if there is no such goroutine.
func stackOf(all []byte, goid uint64) []byte {
	head := fmt.Appendf(nil, "goroutine %d ", goid)
	for stack := range bytes.SplitSeq(all, []byte("\n\n")) {
		if bytes.HasPrefix(stack, head) {
			return stack
		}
	}
	return nil
}

// blockedStates begin the states, as runtime.Stack prints them, of goroutines that only another
// goroutine can wake, or a timer.
var blockedStates = []string{"chan ", "select", "sync.", "semacquire", "coroutine"}

// allBlocked reports whether all goroutines but the calling one, the first of the stacks, are in
// one of these states.
func allBlocked(all []byte) bool {
	_, others, _ := bytes.Cut(all, []byte("\n\n"))
	for stack := range bytes.SplitSeq(others, []byte("\n\n")) {
		_, state, ok := strings.Cut(string(stack[:min(len(stack), 100)]), " [")
		if !ok || !slices.ContainsFunc(blockedStates, func(s string) bool { return strings.HasPrefix(state, s) }) {
			return false
		}
	}
	return true
}

// GoroutineStack returns the stack of a goroutine, as runtime.Stack prints it; nil
// if there is no such goroutine.
func GoroutineStack(goid uint64) []byte { return stackOf(allStacks(), goid) }
