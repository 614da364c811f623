package stackful

import "github.com/stackful-go/stackful/asm"

//lint:file-ignore U1000 the assembly uses them, by go_asm.h

// What the assembly needs to know of package runtime, under the names by which
// go_asm.h hands it over (const_gStackLo and so on). The values and their
// meaning are package asm's.
const (
	gStackLo           = asm.GStackLo
	gStackHi           = asm.GStackHi
	gStackguard0       = asm.GStackguard0
	gPanic             = asm.GPanic
	gDefer             = asm.GDefer
	gM                 = asm.GM
	gSchedSP           = asm.GSchedSP
	gSchedPC           = asm.GSchedPC
	gSchedCtxt         = asm.GSchedCtxt
	gSchedLR           = asm.GSchedLR
	gSchedBP           = asm.GSchedBP
	gStktopsp          = asm.GStktopsp
	gAtomicstatus      = asm.GAtomicstatus
	gGoid              = asm.GGoid
	gPreempt           = asm.GPreempt
	gGcscandone        = asm.GGcscandone
	gRacectx           = asm.GRacectx
	gGoroutineProfiled = asm.GGoroutineProfiled
	gWaitreason        = asm.GWaitreason
	gParkingOnChan     = asm.GParkingOnChan
	gStatusTraced      = asm.GTraceStatusTraced
	gGcAssistBytes     = asm.GGcAssistBytes
	panicArg           = asm.PanicArg
	panicLink          = asm.PanicLink
	panicRecovered     = asm.PanicRecovered
	panicGoexit        = asm.PanicGoexit
	mNcgo              = asm.MNcgo
	mIsextra           = asm.MIsextra
	mCurg              = asm.MCurg
	mP                 = asm.MP
	pGcw               = asm.PGcw

	guardDistance = asm.GuardDistance
	topGap        = asm.TopGap

	statusRunning       = asm.StatusRunning
	statusWaiting       = asm.StatusWaiting
	statusWaitingLocked = asm.StatusWaiting | asm.StatusScanBit
	waitReasonCoroutine = asm.WaitReasonCoroutine
	stackPreempt        = asm.StackPreempt
	profileInProgress   = 1 // goroutineProfileInProgress in runtime/mprof.go
	profileSatisfied    = 2 // goroutineProfileSatisfied
)

// hasDeferOrPanic is a bit in Stack.host and Stack.yieldHost.
const hasDeferOrPanic = 1

// carrier returns the g that the suspended stack s is on, 0 if that is not in host.
func (s *Stack) carrier() uintptr { return s.host &^ hasDeferOrPanic }

// A refusal is why an assembly routine did not switch. Nothing has changed
// then: the routine returned like any function.
type refusal uintptr

const (
	_              refusal = iota
	refusedState           // the stack cannot be resumed right now, or there is no free carrier
	refusedBusy            // the carrier is locked: try again
	refusedMarking         // the collector's rules forbid the exchange for now: wait
	refusedForeign         // C frames are below
)
