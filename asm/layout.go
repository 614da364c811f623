package asm

import "fmt"

//go:generate go run ./internal/layoutgen -toolchains go1.25.14,go1.26.8,go1.27.4

// StackPreempt is the value of g.stackguard0 that asks a goroutine to yield:
// -1314 as a 64-bit word. It is not in the generated tables because the
// compiler leaves constants that do not fit an int64 out of DWARF; a test
// compares it with the runtime's source.
const StackPreempt = 0xfffffffffffffade

// GuardDistance is g.stackguard0 - g.stack.lo in this build, when nothing asks the
// goroutine to yield.
const GuardDistance = StackGuard + raceMargin

// A Layout is a layout table as a value: one field for each constant of the
// same name, so that checks can be fed wrong tables. Offsets are in bytes.
//
// A Layout is plain data: any number of goroutines may use copies of it.
type Layout struct {
	KnownGo  bool
	LayoutGo string

	GStackLo, GStackHi, GStackguard0   int
	GPanic, GDefer, GM                 int
	GSchedSP, GSchedPC, GSchedG        int
	GSchedCtxt, GSchedLR, GSchedBP     int
	GSyscallsp, GStktopsp, GParam      int
	GAtomicstatus, GGoid, GWaitreason  int
	GPreempt, GGcscandone, GLockedm    int
	GSecret, GDitWanted                int // -1 if the release has no such field
	GRacectx, GLabels                  int
	GGoroutineProfiled, GParkingOnChan int
	GCoroarg, GBubble                  int
	GTraceStatusTraced, GGcAssistBytes int
	GSize                              int

	PanicArg, PanicLink, PanicRecovered, PanicGoexit int

	MCurg, MNcgo, MIsextra, MLocks, MP int

	PM, PGcw int

	StatusRunning, StatusWaiting, StatusDead, StatusScanBit int
	StackGuard, WaitReasonCoroutine                         int
	StackPreempt                                            uint64
}

// Compiled returns the table that this binary was compiled with. Where
// [KnownGo] is false, so is the field, and the rest means nothing.
func Compiled() Layout {
	return Layout{
		KnownGo: KnownGo, LayoutGo: LayoutGo,
		GStackLo: GStackLo, GStackHi: GStackHi, GStackguard0: GStackguard0,
		GPanic: GPanic, GDefer: GDefer, GM: GM,
		GSchedSP: GSchedSP, GSchedPC: GSchedPC, GSchedG: GSchedG,
		GSchedCtxt: GSchedCtxt, GSchedLR: GSchedLR, GSchedBP: GSchedBP,
		GSyscallsp: GSyscallsp, GStktopsp: GStktopsp, GParam: GParam,
		GAtomicstatus: GAtomicstatus, GGoid: GGoid, GWaitreason: GWaitreason,
		GPreempt: GPreempt, GGcscandone: GGcscandone, GLockedm: GLockedm,
		GSecret: GSecret, GDitWanted: GDitWanted,
		GRacectx: GRacectx, GLabels: GLabels,
		GGoroutineProfiled: GGoroutineProfiled, GParkingOnChan: GParkingOnChan,
		GCoroarg: GCoroarg, GBubble: GBubble,
		GTraceStatusTraced: GTraceStatusTraced, GGcAssistBytes: GGcAssistBytes,
		GSize:    GSize,
		PanicArg: PanicArg, PanicLink: PanicLink, PanicRecovered: PanicRecovered, PanicGoexit: PanicGoexit,
		MCurg: MCurg, MNcgo: MNcgo, MIsextra: MIsextra, MLocks: MLocks, MP: MP,
		PM: PM, PGcw: PGcw,
		StatusRunning: StatusRunning, StatusWaiting: StatusWaiting, StatusDead: StatusDead, StatusScanBit: StatusScanBit,
		StackGuard: StackGuard, WaitReasonCoroutine: WaitReasonCoroutine,
		StackPreempt: StackPreempt,
	}
}

// A LayoutError says which entry of a [Layout] does not fit the running binary.
type LayoutError struct {
	Field     string // name of the entry, or of the step that failed
	Want, Got any    // what a fitting table would have shown, and what was seen
}

func (e *LayoutError) Error() string {
	return fmt.Sprintf("asm: layout entry %s does not fit this binary: got %v, want %v", e.Field, e.Got, e.Want)
}

// Check says whether the table fits the running binary. It compares the Go
// release, the relations between the entries, and what the entries show on a
// goroutine that it starts for the purpose: it knows that goroutine's id and
// stack, gives it labels, deferred calls and a panic, pins it to its thread, and
// looks whether the words that ought to follow do. It returns nil or a [*LayoutError].
//
// Check blocks until that goroutine is done, well under a millisecond, and may
// be called from any goroutine, from init functions too. It does not crash on a
// wrong table: it reads nothing beyond the smallest g of any known release, and
// follows a pointer only after a second field has confirmed it, or where a fault is no crash.
//
// Not guaranteed: some entries show nothing at start-up, as their fields are
// zero except during a collection, a profile or a trace. They are only held in
// their place relative to entries that do show something; the tests of this
// package compare every entry with the DWARF of the toolchain.
func (l Layout) Check() error {
	for _, step := range []func(Layout) error{release, structure, observe} {
		if err := step(l); err != nil {
			return err
		}
	}
	return nil
}
