//go:build !go1.25 || go1.28 || !(amd64 || arm64) || !(linux || darwin || freebsd || windows) || android || ios

package asm

// KnownGo says that the tables of package asm describe this Go release,
// operating system and CPU. They do not: every offset below is a placeholder
// that keeps dependent code compiling and must not be used.
const KnownGo = false

// LayoutGo is the Go release line that the tables were read from; empty here.
const LayoutGo = ""

const (
	GStackLo           = 0
	GStackHi           = 0
	GStackguard0       = 0
	GPanic             = 0
	GDefer             = 0
	GM                 = 0
	GSchedSP           = 0
	GSchedPC           = 0
	GSchedG            = 0
	GSchedCtxt         = 0
	GSchedLR           = 0
	GSchedBP           = 0
	GSyscallsp         = 0
	GStktopsp          = 0
	GParam             = 0
	GAtomicstatus      = 0
	GGoid              = 0
	GWaitreason        = 0
	GPreempt           = 0
	GGcscandone        = 0
	GLockedm           = 0
	GSecret            = -1
	GDitWanted         = -1
	GRacectx           = 0
	GLabels            = 0
	GGoroutineProfiled = 0
	GParkingOnChan     = 0
	GCoroarg           = 0
	GBubble            = 0
	GTraceStatusTraced = 0
	GGcAssistBytes     = 0
	GSize              = 0

	PanicArg       = 0
	PanicLink      = 0
	PanicRecovered = 0
	PanicGoexit    = 0

	MCurg    = 0
	MNcgo    = 0
	MIsextra = 0
	MLocks   = 0
	MP       = 0

	PLink          = 0
	PTimersLen     = 0
	PTimersZombies = 0
	PM             = 0
	PGcw           = 0
	SchedPidle     = 0

	StatusRunning       = 0
	StatusWaiting       = 0
	StatusDead          = 0
	StatusScanBit       = 0
	StackGuard          = 0
	WaitReasonCoroutine = 0
)
