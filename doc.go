// Package stackful switches between stacks inside one goroutine: real stackful
// coroutines, at the lowest level. It holds the switch and nothing else. Most
// programs want one of the packages above it: coro (greenlet's semantics,
// generators) or poller (tasks that switch when they would block).
//
// Stacks:
//   - one: [Body], [Current], [Entry], [New], [Stack]; a call on top of one: [OnTop]
//   - yield and next without a frame in between: [Arrived], [Ends], [NewNext], [NewYield], [Pair],
//     [SendEnds], [SplitNext], [SplitYield]
//   - what belongs to the goroutine: [OwnerLocal], [SetSlot], [Slot]
//   - ends: [Orphan], [Policy], [RecoverOnly]
//
// The collector:
//   - [Marking]
//
// Seeing:
//   - the backend, and why it runs: [AskedPortable], [Backend], [BackendInfo]
//   - each switch: [SetSwitchHook]
//   - goroutines that lend stacks: [IdleGoroutines], [IgnoreIdle], [OwnGoroutines], [SetIdleLimit],
//     [Shutdown]
//
// Errors, which misuse panics with, or the call returns:
//   - [ErrDone], [ErrForeignFrames], [ErrNoResumer], [ErrNotInitialized], [ErrRunning], [ErrStarted],
//     [ErrThreadLocked], [ErrWrongGoroutine], [UsageError]
//
// A switch there and back:
//
//	root := stackful.Current()
//	s := stackful.New(func(v any) (*stackful.Stack, any) {
//		fmt.Println(v)                    // hello
//		fmt.Println(root.Switch("world")) // again
//		return root, "done"
//	})
//	fmt.Println(s.Switch("hello")) // world
//	fmt.Println(s.Switch("again")) // done
//
// # How it works
//
// Everything that the Go runtime does to a stack (precise garbage collection,
// growth by copying, shrinking, tracebacks, panics) it does through the g that
// the stack is attached to. So each coroutine's stack is a real goroutine's: a
// carrier is started, parks itself for ever, and lends its stack. A switch
// exchanges the fields that describe a stack between the running goroutine's g
// (G) and the carrier's (X) that holds the target stack. G keeps its identity:
// id, thread, labels. For the runtime, one goroutine runs and the others are
// parked, with the wait reason "coroutine".
//
// # The resting states of a stack
//
// High addresses are on top. Fresh, held by a free carrier:
//
//	stack.hi  +----------------------------+
//	          | spare words                |
//	stktopsp  +----------------------------+
//	          | return address: goexit     |  (arm64: in sched.lr)
//	sched.sp  +----------------------------+  sched.pc = a trampoline, sched.bp = 0
//	          | nothing                    |
//	stack.lo  +----------------------------+
//
// Suspended, held by the carrier that Stack.host names:
//
//	stktopsp  +----------------------------+
//	          | return address: goexit     |
//	          | trampoline's frame         |
//	          | runEntry                   |
//	          | entry or the body, and     |
//	          |   what it called           |
//	          | the frame that called      |
//	          |   Switch                   |
//	sched.sp  +----------------------------+  sched.pc = after that call, sched.bp = that frame's
//	          | dead                       |
//	stack.lo  +----------------------------+
//
// Running: the same, but described by G, and SP, PC and BP are the CPU's. The
// carrier that held it now holds the stack that was left. The goroutine's own
// stack (the root) is like any other, with the goroutine's function in place
// of a trampoline.
//
// # When a goroutine ends
//
// Its suspended stacks are orphans: orphan.go says what becomes of them, and
// Orphan how a layer above ends them.
//
// # Where to read on
//
// docs/architecture.md has all packages of the module, and walks through them.
//
// backend.go lists what the rest of the package needs of its two backends. The
// native one is arch_amd64.s, the switch, arch_arm64.s, the same for arm64, and the
// files native_*: native_lockfree.go says why a switch needs no lock most of the
// time, native_gc.go what it does while the collector marks, native_carrier.go where
// stacks come from, native_resting.go which stack a carrier holds, native_start.go
// what is verified before the first switch. The files portable* are the backend for
// all other builds. What is assumed about the machine and the runtime is package asm.
//
// # What the tools see
//
// Goroutine dumps and profiles show each suspended stack as a goroutine of its
// own, "created by" the factory of carriers, with the frames of the code that
// called Switch on top. A goroutine profile that is taken while another goroutine
// switches may show one of its stacks twice and miss one, since stacks move
// between carriers that it has and has not recorded; a full dump stops the world
// and is exact. CPU samples inside the switch itself have no callers.
//
// # State that stays with the goroutine
//
// A switch exchanges stacks, not goroutines. pprof labels, the thread lock, the
// synctest bubble, debug.SetPanicOnFault, crypto/fips140.WithoutEnforcement and
// crypto/subtle.WithDataIndependentTiming belong to the goroutine and are the
// same on all its stacks. So do not switch inside of a function that was given to one
// of the last two: the other stacks would run with enforcement off, or with constant
// timing; and another stack inside of such a function would lose it when the first
// leaves its own. In the portable backend each stack has all of these for itself,
// since it is a goroutine of its own. (Labels could be exchanged like the lists of
// panics, for a load from each side of every switch, of which the carrier's is in a
// cache line that nothing else needs, and for write barriers while marking. That is
// left to a switch hook: coro.SetLabels.)
//
// Regions of runtime/trace must nest within a goroutine, so one must not stay open
// across switches. Between runtime.RaceDisable and RaceEnable do not switch.
package stackful
