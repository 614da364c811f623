// Package asm holds what this module assumes about the Go runtime and the CPU,
// as data, and the checks that hold it true. It is for this module's own
// packages; its API may change with any release.
//
//	if err := asm.Compiled().Check(); err != nil {
//		return err // *asm.LayoutError: take the portable backend
//	}
//	fmt.Println(asm.Goid(), asm.Identify().Brand)
//
// The constants GStackLo to GGcAssistBytes, MCurg to MP and PLink to PGcw are byte offsets
// of fields in the runtime's structs g, m, p and schedt, one set for each Go release line
// that has been reviewed, in the files layout_go125.go and so on; those that
// depend on the operating system are in layout_go125_linux.go and so on. A
// const of a package is visible to its assembly through go_asm.h, so other
// packages declare the ones that they need again, by value. Where there is no
// set, [KnownGo] is false and the constants are placeholders.
//
// To add a release line: add its newest toolchain to the go:generate line in
// layout.go, run go generate, raise the bound in the build tags that mention
// go1.28, run the tests until they agree, and read what has changed in the files
// of package runtime that contract.md names.
//
// It is not a description of the engine: see the doc comment of the module's
// root package for the switch itself, contract.md for the constraints C1, C2,
// ... that assembly cites, and symbols.go for what is linked with.
package asm
