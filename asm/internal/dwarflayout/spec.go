// Package dwarflayout says which fields and constants of package runtime the
// layout tables of package asm consist of, and reads their values from the
// DWARF of a Go binary. The generator of the tables and the test that compares
// the tables with the running toolchain share it, so that neither can know an
// entry of which the other is ignorant.
package dwarflayout

// Kind says what the value of an entry is.
type Kind int

const (
	Offset Kind = iota // byte offset of a field inside its struct
	Size               // size of a struct in bytes
	Value              // value of an integer constant
)

// An Entry is one constant of a layout table and the place in the runtime that
// it describes.
type Entry struct {
	Name     string // name of the constant in package asm
	Kind     Kind
	Struct   string // for Offset and Size: the struct, "runtime.g"
	Field    string // for Offset: the field path, "sched.sp"
	Const    string // for Value: the constant, "runtime.stackGuard"
	Optional bool   // a release may lack it: the constant is then -1
	PerOS    bool   // the operating systems have different values
	Doc      string
}

func g(name, field, doc string) Entry {
	return Entry{Name: name, Kind: Offset, Struct: "runtime.g", Field: field, Doc: doc}
}

func m(name, field, doc string) Entry {
	return Entry{Name: name, Kind: Offset, Struct: "runtime.m", Field: field, PerOS: true, Doc: doc}
}

func p(name, field, doc string) Entry {
	return Entry{Name: name, Kind: Offset, Struct: "runtime._panic", Field: field, Doc: doc}
}

func in(structure, name, field, doc string) Entry {
	return Entry{Name: name, Kind: Offset, Struct: structure, Field: field, Doc: doc}
}

func v(name, constant, doc string) Entry {
	return Entry{Name: name, Kind: Value, Const: constant, Doc: doc}
}

func optional(e Entry) Entry { e.Optional = true; return e }
func perOS(e Entry) Entry    { e.PerOS = true; return e }

// Entries lists every constant that is read from DWARF, in the order of the
// generated files.
var Entries = []Entry{
	g("GStackLo", "stack.lo", "lowest address of the stack"),
	g("GStackHi", "stack.hi", "end of the stack, exclusive"),
	g("GStackguard0", "stackguard0", "limit that function prologues compare SP with"),
	g("GPanic", "_panic", "innermost panic"),
	g("GDefer", "_defer", "innermost deferred call"),
	g("GM", "m", "the M that runs g, nil if none"),
	g("GSchedSP", "sched.sp", "saved SP of a parked g"),
	g("GSchedPC", "sched.pc", "saved PC of a parked g"),
	g("GSchedG", "sched.g", "the g itself"),
	g("GSchedCtxt", "sched.ctxt", "saved closure register"),
	g("GSchedLR", "sched.lr", "saved link register"),
	g("GSchedBP", "sched.bp", "saved frame pointer"),
	g("GSyscallsp", "syscallsp", "SP of the Go frame below a system call, or 0"),
	g("GStktopsp", "stktopsp", "SP at the outermost frame, which tracebacks check"),
	g("GParam", "param", "general-purpose slot of wake-ups and assists"),
	g("GAtomicstatus", "atomicstatus", "status, uint32"),
	g("GGoid", "goid", "goroutine id, uint64"),
	g("GWaitreason", "waitreason", "why g waits, uint8"),
	g("GPreempt", "preempt", "preemption request, bool"),
	g("GGcscandone", "gcscandone", "stack was scanned in this mark phase, bool"),
	g("GLockedm", "lockedm", "the M that g is locked to"),
	optional(g("GSecret", "secret", "nesting of runtime/secret.Do, int32")),
	optional(g("GDitWanted", "ditWanted", "g wants data-independent timing, bool")),
	g("GRacectx", "racectx", "context of the race detector"),
	g("GLabels", "labels", "profiler labels"),
	g("GGoroutineProfiled", "goroutineProfiled", "state in a goroutine profile, uint32"),
	g("GParkingOnChan", "parkingOnChan", "g is about to park in a channel: its stack is not shrunk, bool"),
	g("GCoroarg", "coroarg", "argument of coroswitch"),
	g("GBubble", "bubble", "synctest bubble"),
	g("GTraceStatusTraced", "trace.traceSchedResourceState.statusTraced", "status events written by the tracer, [3]uint32"),
	g("GGcAssistBytes", "gcAssistBytes", "assist credit in bytes, int64"),
	{Name: "GSize", Kind: Size, Struct: "runtime.g", Doc: "size of a g in bytes"},

	p("PanicArg", "arg", "the value, an any"),
	p("PanicLink", "link", "the record of the panic or Goexit whose deferred call has panicked"),
	p("PanicRecovered", "recovered", "recover has returned the value, bool"),
	p("PanicGoexit", "goexit", "it is no panic but a Goexit, bool"),

	m("MCurg", "curg", "the g that runs on m"),
	m("MNcgo", "ncgo", "cgo calls in progress, int32"),
	m("MIsextra", "isextra", "m was made for a thread that Go did not start, bool"),
	m("MLocks", "locks", "runtime locks held, int32"),
	m("MP", "p", "the P that m holds"),

	in("runtime.p", "PLink", "link", "the next one in a list of P's"),
	in("runtime.p", "PTimersLen", "timers.len", "number of timers, uint32"),
	in("runtime.p", "PTimersZombies", "timers.zombies", "those of them that were stopped, int32"),
	in("runtime.p", "PM", "m", "the M that holds the P"),
	in("runtime.p", "PGcw", "gcw", "the P's buffers of objects that the collector is to scan"),
	in("runtime.schedt", "SchedPidle", "pidle", "list of the idle P's"),

	v("StatusRunning", "runtime._Grunning", "g.atomicstatus of a goroutine that runs"),
	v("StatusWaiting", "runtime._Gwaiting", "g.atomicstatus of a parked goroutine"),
	v("StatusDead", "runtime._Gdead", "g.atomicstatus of a g whose goroutine has ended, or that has had none"),
	v("StatusScanBit", "runtime._Gscan", "bit in g.atomicstatus: the stack is locked"),
	perOS(v("StackGuard", "runtime.stackGuard", "stackguard0 - stack.lo, without -race")),
	v("WaitReasonCoroutine", "runtime.waitReasonCoroutine", "g.waitreason of a suspended coroutine"),
}
