package asm

// A Symbol is something of package runtime that this module names from assembly
// or by go:linkname. The linker of default builds lets it, because the runtime
// marks it as open to such use; which symbols are open is not covered by Go's
// promise of compatibility.
type Symbol struct {
	Name   string   // as the linker knows it
	Kind   Kind     // how it is named
	Decl   string   // its Go declaration, for a file that imports unsafe
	Use    string   // what for
	Linked []string // Go release lines that it was linked with
}

// Kind is how a [Symbol] is named.
type Kind string

const (
	Linkname Kind = "linkname" // a function, by go:linkname
	Assembly Kind = "assembly" // a variable, from assembly
)

var allReleases = []string{"go1.25", "go1.26", "go1.27"}

// Symbols returns every symbol of package runtime that this module names. A test
// links them all with the running toolchain, and another looks through the
// module for names that are missing here.
func Symbols() []Symbol {
	return []Symbol{
		{
			Name: "runtime.gopark", Kind: Linkname, Linked: allReleases,
			Decl: "func gopark(unlock func(g, arg unsafe.Pointer) bool, arg unsafe.Pointer, reason, traceReason uint8, skip int)",
			Use:  "parks a carrier goroutine",
		},
		{
			Name: "runtime.goready", Kind: Linkname, Linked: allReleases,
			Decl: "func goready(g unsafe.Pointer, skip int)",
			Use:  "lets a carrier goroutine run to its end",
		},
		{
			Name: "runtime.nanotime", Kind: Linkname, Linked: allReleases,
			Decl: "func nanotime() int64",
			Use:  "bounds how often carriers with grown stacks are ended",
		},
		{
			Name: "runtime.writeBarrier", Kind: Assembly, Linked: allReleases,
			Decl: "func writeBarrier() uint32",
			Use:  "its first 4 bytes are read: non-zero exactly while the collector marks (C14)",
		},
		{
			Name: "runtime.sched", Kind: Assembly, Linked: allReleases,
			Decl: "func sched() uint64",
			Use:  "its first 8 bytes are read: goidgen, the highest goroutine id reserved so far; and pidle, for PendingTimers",
		},
		{
			Name: "runtime.gopanic", Kind: Linkname, Linked: allReleases,
			Decl: "func gopanic(v any)",
			Use:  "a stack that is resumed with a panic goes on in it",
		},
		{
			Name: "runtime.procPin", Kind: Linkname, Linked: allReleases,
			Decl: "func procPin() int",
			Use:  "Layout.Check only: m.locks counts it",
		},
		{
			Name: "runtime.procUnpin", Kind: Linkname, Linked: allReleases,
			Decl: "func procUnpin()",
			Use:  "Layout.Check only: undoes procPin",
		},
		{
			Name: "runtime/pprof.runtime_setProfLabel", Kind: Linkname, Linked: allReleases,
			Decl: "func runtime_setProfLabel(labels unsafe.Pointer)",
			Use:  "sets g.labels, without linking all of runtime/pprof: for Layout.Check, coro.SetLabels and poller.Options",
		},
		{
			Name: "runtime/pprof.runtime_getProfLabel", Kind: Linkname, Linked: allReleases,
			Decl: "func runtime_getProfLabel() unsafe.Pointer",
			Use:  "coro.SetLabels and poller.Options: reads g.labels",
		},
	}
}
