package stackful

// Why a switch needs no lock most of the time.
//
// The g of a parked carrier X is changed by plain stores in switchFast and
// finishFast, without a lock. That is sound because no other thread reads or
// writes X's stack, sched, _defer or _panic between the first and the last
// instruction of the routine, if the routine itself has seen, of the running
// goroutine's g (G),
//
//	(1) runtime.writeBarrier == 0
//	(2) G.goroutineProfiled == 0
//	(3) G.trace.statusTraced == {0, 0, 0}
//
// The argument, for Go 1.25, 1.26 and 1.27 (functions are those of package
// runtime; docs/soundness.md has their lines in each release):
//
// Lemma. The routine is assembly, so it has no safe point: isAsyncSafePoint
// refuses functions with FuncFlagAsm and the routines call nothing. G holds a P
// throughout. So no stop-the-world that began after the routine's first
// instruction completes before its last, and what is switched on or off only
// while the world is stopped has one value throughout.
//
// Readers. The stack-describing fields of another goroutine's g are read or
// written, while the world runs, only
//
//	(a) under suspendG, which has two callers: markroot (the root jobs of a
//	    mark phase) and traceAdvance (a change of the tracer's generation);
//	(b) by tryRecordGoroutineProfile, for a goroutine profile.
//
// All others either stop the world first (runtime.Stack with all, the profile's
// synchronous form, heap dumps, checkmark mode), or read only fields that a
// switch leaves alone (sysmon, checkdead, the scheduler's traces and metrics),
// or run when the process dies (freezetheworld), where the worst is a garbled
// last traceback. gcResetMarkState writes gcscandone and gcAssistBytes of every
// g while the world runs, but before marking starts: see native_gc.go.
//
// (a), markroot. setGCPhase turns the write barrier on and off only while the
// world is stopped; root jobs exist only while it is on, and the phase ends only
// when all of them are done (gcMarkDone, gcMarkRootCheck). So (1) and the lemma
// exclude them.
//
// (b). goroutineProfile.active is set and cleared while the world is stopped.
// A goroutine that runs after it was set has come through execute, exitsyscall
// or coroswitch_m, or was made by newproc1, all of which leave its
// goroutineProfiled at goroutineProfileSatisfied; the profile's own caller
// stores that too. So if a profile is active, a running G has 2 there, and (2)
// excludes it. (The flags are cleared after active was, in a second stop.) The
// goroutine leak profile looks only at goroutines in _Gleaked, where a carrier
// never is: it waits for the reason "coroutine", which counts as live.
//
// (a), traceAdvance. Tracing starts while the world is stopped, and every way
// for a goroutine to run after that writes an event for it first (execute,
// exitsyscall, coroswitch_m, or the events of the goroutine that stopped the world), which
// sets statusTraced of the current generation, an entry of three. An entry is
// cleared only when the next generation but one is made ready
// (readyNextGen clears the one after the current). Before it gets there,
// traceAdvance has gone through all goroutines and suspended each that had no
// event in its generation: G too, which therefore has run again since, with an
// event. So as long as the tracer runs, a running G has a nonzero entry, by
// induction over the generations, and (3) excludes it. After the tracer has
// stopped entries stay set, which costs speed and nothing else.
//
// The fourth condition that the routines check, m.ncgo == 0, is not about locks:
// inside a callback from C, frames of C lie below on the thread's own stack.
//
// # The carrier's lock
//
// In the other cases X's scan bit is taken (atomicstatus _Gwaiting to
// _Gscanwaiting by compare and swap), which suspendG spins on, and while G is
// marked by a profile X.goroutineProfiled is held at goroutineProfileInProgress,
// which tryRecordGoroutineProfile spins on. Neither is held across a safe point,
// and no holder of one of them waits for this goroutine.
//
// # Requests to preempt
//
// preemptone sets G.preempt and then G.stackguard0 from another thread, with no
// lock. A switch stores the target's guard and then looks at G.preempt; a
// request that falls in between, or that the processor orders there, is
// overwritten. That only delays it: suspendG repeats it as long as the guard is
// not stackPreempt, stopTheWorldWithSema and forEachP repeat it every 100 µs,
// retake with every tick of sysmon; and the signal that goes with a request
// does not depend on the guard. The other way round, a guard of stackPreempt
// without a request makes newstack yield once.
