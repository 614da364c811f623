package asm

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
)

// release checks that the table is for the Go release line of this binary.
func release(l Layout) error {
	if !l.KnownGo {
		return &LayoutError{"KnownGo", true, false}
	}
	if got := releaseLine(runtime.Version()); got != l.LayoutGo {
		return &LayoutError{"LayoutGo", got, l.LayoutGo}
	}
	return nil
}

// releaseLine returns the "go1.26" of a version such as "go1.26.8",
// "go1.26rc1" or "devel go1.26-0123abcd", and "" if there is none.
func releaseLine(version string) string {
	const prefix = "go1."
	i := strings.Index(version, prefix)
	if i < 0 {
		return ""
	}
	version = version[i:]
	end := len(prefix)
	for end < len(version) && '0' <= version[end] && version[end] <= '9' {
		end++
	}
	return version[:end]
}

// A field is one offset of a table.
type field struct {
	name         string
	offset, size int // bytes; fields are aligned to their size, except arrays
	align        int
}

// gFields returns the fields of g in the order of their offsets in every known
// release, without those that the release lacks.
func (l Layout) gFields() []field {
	all := []field{
		{"GStackLo", l.GStackLo, 8, 8},
		{"GStackHi", l.GStackHi, 8, 8},
		{"GStackguard0", l.GStackguard0, 8, 8},
		{"GPanic", l.GPanic, 8, 8},
		{"GDefer", l.GDefer, 8, 8},
		{"GM", l.GM, 8, 8},
		{"GSchedSP", l.GSchedSP, 8, 8},
		{"GSchedPC", l.GSchedPC, 8, 8},
		{"GSchedG", l.GSchedG, 8, 8},
		{"GSchedCtxt", l.GSchedCtxt, 8, 8},
		{"GSchedLR", l.GSchedLR, 8, 8},
		{"GSchedBP", l.GSchedBP, 8, 8},
		{"GSyscallsp", l.GSyscallsp, 8, 8},
		{"GStktopsp", l.GStktopsp, 8, 8},
		{"GParam", l.GParam, 8, 8},
		{"GAtomicstatus", l.GAtomicstatus, 4, 4},
		{"GGoid", l.GGoid, 8, 8},
		{"GWaitreason", l.GWaitreason, 1, 1},
		{"GPreempt", l.GPreempt, 1, 1},
		{"GGcscandone", l.GGcscandone, 1, 1},
		{"GLockedm", l.GLockedm, 8, 8},
		{"GDitWanted", l.GDitWanted, 1, 1},
		{"GSecret", l.GSecret, 4, 4},
		{"GRacectx", l.GRacectx, 8, 8},
		{"GLabels", l.GLabels, 8, 8},
		{"GGoroutineProfiled", l.GGoroutineProfiled, 4, 4},
		{"GParkingOnChan", l.GParkingOnChan, 1, 1},
		{"GCoroarg", l.GCoroarg, 8, 8},
		{"GBubble", l.GBubble, 8, 8},
		{"GTraceStatusTraced", l.GTraceStatusTraced, 12, 4},
		{"GGcAssistBytes", l.GGcAssistBytes, 8, 8},
	}
	return slices.DeleteFunc(all, func(f field) bool {
		return f.offset == -1 && (f.name == "GSecret" || f.name == "GDitWanted")
	})
}

// mFields returns the fields of m.
func (l Layout) mFields() []field {
	return []field{
		{"MCurg", l.MCurg, 8, 8},
		{"MLocks", l.MLocks, 4, 4},
		{"MIsextra", l.MIsextra, 1, 1},
		{"MNcgo", l.MNcgo, 4, 4},
		{"MP", l.MP, 8, 8},
	}
}

// panicFields returns the fields of a panic's record.
func (l Layout) panicFields() []field {
	return []field{
		{"PanicArg", l.PanicArg, 16, 8},
		{"PanicLink", l.PanicLink, 8, 8},
		{"PanicRecovered", l.PanicRecovered, 1, 1},
		{"PanicGoexit", l.PanicGoexit, 1, 1},
	}
}

// Bounds of what Check reads. The smallest g, that of go1.25, has 440 bytes in
// an allocation of 448; the fields of m that tables name are near its start; the
// record of a panic has 104 bytes in go1.25 and 96 since, and lies on the stack.
const (
	readableG     = 448
	readableM     = 512
	readablePanic = 104
)

// A relation is a distance between two entries that every known release keeps,
// or one of two distances where the releases or systems fall into two groups.
type relation struct {
	name, from string
	distance   []int
}

var relations = []relation{
	{"GStackguard0", "GStackHi", []int{8}},
	{"GPanic", "GStackguard0", []int{16}},
	{"GM", "GDefer", []int{8}},
	{"GSchedSP", "GM", []int{8}},
	{"GSchedPC", "GSchedSP", []int{8}},
	{"GSchedG", "GSchedPC", []int{8}},
	{"GSchedCtxt", "GSchedG", []int{8}},
	{"GSchedLR", "GSchedCtxt", []int{8}},
	{"GSchedBP", "GSchedLR", []int{8}},
	{"GSyscallsp", "GSchedBP", []int{8}},
	{"GStktopsp", "GSyscallsp", []int{24}},
	{"GParam", "GStktopsp", []int{8}},
	{"GAtomicstatus", "GParam", []int{8}},
	{"GGoid", "GAtomicstatus", []int{8}},
	{"GWaitreason", "GGoid", []int{24}},
	{"GPreempt", "GWaitreason", []int{1}},
	{"GGcscandone", "GPreempt", []int{5}},
	{"GParkingOnChan", "GGcscandone", []int{3}},
	{"GLockedm", "GWaitreason", []int{32}},
	{"GDitWanted", "GLockedm", []int{10}},
	{"GSecret", "GLockedm", []int{20}},
	{"GRacectx", "GLockedm", []int{96, 104}},
	{"GLabels", "GRacectx", []int{40}},
	{"GGoroutineProfiled", "GLabels", []int{28}},
	{"GCoroarg", "GGoroutineProfiled", []int{4}},
	{"GBubble", "GCoroarg", []int{8}},
	{"GTraceStatusTraced", "GBubble", []int{8, 16}},
	{"GGcAssistBytes", "GTraceStatusTraced", []int{32}},
	{"PanicLink", "PanicArg", []int{16}},
	{"PanicRecovered", "PanicArg", []int{88}},
	{"PanicGoexit", "PanicRecovered", []int{2}},
	{"MLocks", "MCurg", []int{72, 80}},
	{"MIsextra", "MLocks", []int{17}},
	{"MNcgo", "MLocks", []int{64}},
	{"MP", "MCurg", []int{16, 24}},
}

// pairs are the words that assembly of package stackful moves by one instruction, of 16 bytes on
// amd64, LDP and STP on arm64: the second must follow the first. Unlike the relations this is no
// observation: a release in which it changes needs other assembly.
var pairs = [][2]string{
	{"GStackLo", "GStackHi"},
	{"GPanic", "GDefer"}, // on arm64
}

// structure checks what a table shows by itself: fields lie inside their
// struct, aligned, apart from each other, and at the distances that every
// release known so far has, or that the assembly relies on.
func structure(l Layout) error {
	g, m, p := l.gFields(), l.mFields(), l.panicFields()
	for _, err := range []error{
		within(g, min(l.GSize, readableG)), apart(g), within(m, readableM), apart(m), within(p, readablePanic), apart(p),
	} {
		if err != nil {
			return err
		}
	}
	offsets := map[string]int{}
	for _, f := range slices.Concat(g, m, p) {
		offsets[f.name] = f.offset
	}
	for _, pair := range pairs {
		if want, got := offsets[pair[0]]+8, offsets[pair[1]]; got != want {
			return &LayoutError{pair[1], want, got}
		}
	}
	for _, r := range relations {
		offset, ok := offsets[r.name]
		if ok && !slices.Contains(r.distance, offset-offsets[r.from]) {
			return &LayoutError{r.name, r.distance, offset - offsets[r.from]}
		}
	}
	return l.constants()
}

// constants checks the entries that are not fields.
func (l Layout) constants() error {
	since126 := l.LayoutGo != "go1.25" // secret and ditWanted came together
	for _, c := range []struct {
		name      string
		want, got any
	}{
		{"GSecret", since126, l.GSecret >= 0},
		{"GDitWanted", since126, l.GDitWanted >= 0},
		{"GSize", l.GGcAssistBytes + 16, l.GSize}, // one word follows the assist credit
		{"StatusWaiting", l.StatusRunning + 2, l.StatusWaiting},
		{"StatusDead", l.StatusRunning + 4, l.StatusDead},
		{"StatusScanBit", 0x1000, l.StatusScanBit},
	} {
		if c.want != c.got {
			return &LayoutError{c.name, c.want, c.got}
		}
	}
	return nil
}

// within checks that fields are aligned and lie inside size bytes.
func within(fields []field, size int) error {
	for _, f := range fields {
		if f.offset < 0 || f.offset%f.align != 0 || f.offset+f.size > size {
			return &LayoutError{f.name, "an aligned offset inside the struct", f.offset}
		}
	}
	return nil
}

// apart checks that fields do not overlap.
func apart(fields []field) error {
	fields = slices.Clone(fields)
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(a.offset, b.offset) })
	for i, f := range fields[1:] {
		if before := fields[i]; before.offset+before.size > f.offset {
			return &LayoutError{f.name, "a place of its own", "the place of " + before.name}
		}
	}
	return nil
}
