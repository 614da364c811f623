package asm

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// native says that this build has a table and the assembly to check it with.
const native = KnownGo && haveG

func TestCheck(t *testing.T) {
	err := Compiled().Check()
	if native {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	var wrong *LayoutError
	if !errors.As(err, &wrong) {
		t.Fatalf("Check without a table or assembly = %v, want a *LayoutError", err)
	}
	t.Log(err)
}

// Check runs in processes that do other things: it must not take a collection,
// a preemption or a growing stack for a wrong table.
func TestCheck_underLoad(t *testing.T) {
	if !native {
		return
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer func() { close(stop); <-done }()

	errs := make(chan error)
	const checkers, rounds = 8, 50
	for range checkers {
		go func() {
			var err error
			for range rounds {
				err = errors.Join(err, Compiled().Check())
			}
			errs <- err
		}()
	}
	for range checkers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// A mutant is the compiled table with one entry changed.
type mutant struct {
	name  string // "GM+8"
	entry string
	table Layout
}

// mutants returns a table for each numeric entry shifted and zeroed.
func mutants() []mutant {
	var all []mutant
	for i := range reflect.TypeFor[Layout]().NumField() {
		entry := reflect.TypeFor[Layout]().Field(i).Name
		add := func(suffix string, change func(reflect.Value)) {
			m := mutant{entry + suffix, entry, Compiled()}
			change(reflect.ValueOf(&m.table).Elem().Field(i))
			if m.table != Compiled() { // an entry that is 0 anyway
				all = append(all, m)
			}
		}
		switch reflect.TypeFor[Layout]().Field(i).Type.Kind() {
		case reflect.Bool:
			add("=false", func(v reflect.Value) { v.SetBool(false) })
		case reflect.String:
			add("=other", func(v reflect.Value) { v.SetString("go1.24") })
		case reflect.Int:
			add("=0", func(v reflect.Value) { v.SetInt(0) })
			for _, shift := range []int64{-4096, -512, -64, -48, -32, -24, -16, -8, -4, -2, -1, 1, 2, 4, 8, 16, 24, 32, 48, 64, 512, 4096} {
				add(fmt.Sprintf("%+d", shift), func(v reflect.Value) { v.SetInt(v.Int() + shift) })
			}
		case reflect.Uint64:
			add("=0", func(v reflect.Value) { v.SetUint(0) })
			for _, shift := range []uint64{8, 1 << 32} {
				add(fmt.Sprintf("+%d", shift), func(v reflect.Value) { v.SetUint(v.Uint() + shift) })
			}
		}
	}
	return all
}

// Two entries that have changed places: what a release that reorders its fields
// does to a table. Most pairs differ in what they show.
func TestCheck_swappedEntries(t *testing.T) {
	fields := reflect.TypeFor[Layout]()
	for i := range fields.NumField() {
		for j := range i {
			a, b := fields.Field(i), fields.Field(j)
			table := Compiled()
			v := reflect.ValueOf(&table).Elem()
			if a.Type.Kind() != reflect.Int || b.Type.Kind() != reflect.Int || v.Field(i).Int() == v.Field(j).Int() {
				continue
			}
			x, y := v.Field(i).Int(), v.Field(j).Int()
			v.Field(i).SetInt(y)
			v.Field(j).SetInt(x)
			if err := table.Check(); err == nil {
				t.Errorf("Check accepts %s and %s swapped", a.Name, b.Name)
			}
		}
	}
}

// uncheckable lists the entries of which Check accepts wrong values, and why
// that is no risk. Every other entry must be refused, whatever its value.
var uncheckable = map[string]string{
	"StackPreempt": "it is in a g only while a preemption is pending; see TestStackPreempt and TestObserve_preempt",
}

func TestCheck_wrongTables(t *testing.T) {
	refused := map[string]bool{}
	for _, m := range mutants() {
		err := m.table.Check()
		_, exempt := uncheckable[m.entry]
		var wrong *LayoutError
		switch {
		case err == nil && !exempt:
			t.Errorf("%s: Check accepts it", m.name)
		case err != nil && !errors.As(err, &wrong):
			t.Errorf("%s: Check = %v, want a *LayoutError", m.name, err)
		case err != nil:
			refused[m.entry] = true
		}
	}
	for entry := range uncheckable {
		if refused[entry] && native {
			t.Errorf("%s is refused; take it from the list of uncheckable entries", entry)
		}
	}
}

// unobservable lists the entries of which observe alone accepts some wrong
// values: only their place relative to the observable ones is checked.
var unobservable = map[string]string{
	"KnownGo":            "checked before",
	"LayoutGo":           "checked before",
	"GSyscallsp":         "zero except in a system call; so are its neighbours",
	"GSchedCtxt":         "zero on a parked goroutine; so is GSchedLR",
	"GSchedLR":           "zero on a parked goroutine; so is GSchedCtxt",
	"GParam":             "zero except around a wake-up",
	"GLockedm":           "zero; locking would start a thread; see TestObserve_lockedm",
	"GSecret":            "zero outside runtime/secret.Do",
	"GDitWanted":         "zero; so are its neighbours",
	"GRacectx":           "zero without the race detector; so are its neighbours",
	"GGoroutineProfiled": "zero outside a goroutine profile; see TestObserve_goroutineProfiled",
	"GCoroarg":           "zero outside iter.Pull",
	"GBubble":            "zero outside a synctest bubble; see TestObserve_bubble",
	"GTraceStatusTraced": "zero unless traced; see TestObserve_statusTraced",
	"GGcAssistBytes":     "moves only during a collection; see TestObserve_gcAssistBytes",
	"GSize":              "not read",
	"MNcgo":              "zero without C frames",
	"MIsextra":           "zero on threads of Go's",
	"StatusDead":         "an ended goroutine is not there to look; TestOrphan of package stackful does",
	"StatusScanBit":      "seen for moments only",
	"StackPreempt":       "see uncheckable",
}

// The relations of structure hold for every table that the generator wrote, so
// it is observe that protects a process from a runtime that was changed. It
// must survive any table, and refuse those whose entries it can see.
func TestObserve_wrongTables(t *testing.T) {
	if !native {
		return
	}
	for _, m := range mutants() {
		err := observe(m.table)
		if m.table.GSchedBP == m.table.GStktopsp || m.table.GSchedSP == m.table.GDefer {
			continue // that is an address on the stack too; Check has refused the table before
		}
		if m.table.GSchedPC == GSchedBP+16 {
			// That is syscallpc, in which a g that is used again may have kept an address in
			// a function. Check has refused the table before.
			continue
		}
		if _, exempt := unobservable[m.entry]; err == nil && !exempt {
			t.Errorf("%s: observe accepts it", m.name)
		}
	}
}

// A runtime in which g has one more field than the table knows.
func TestObserve_insertedField(t *testing.T) {
	if !native {
		return
	}
	fields := reflect.TypeFor[Layout]()
	for i := range fields.NumField() {
		entry := fields.Field(i).Name
		if !strings.HasPrefix(entry, "G") || entry == "GSize" {
			continue
		}
		table := Compiled()
		v := reflect.ValueOf(&table).Elem()
		from := v.Field(i).Int()
		for j := range fields.NumField() {
			name := fields.Field(j).Name
			if strings.HasPrefix(name, "G") && v.Field(j).Int() >= from {
				v.Field(j).SetInt(v.Field(j).Int() + 8)
			}
		}
		err := observe(table)
		after := from > int64(GLabels) // nothing observable is below
		if err == nil && !after {
			t.Errorf("observe accepts a table with 8 bytes inserted before %s", entry)
		}
	}
}

func TestReleaseLine(t *testing.T) {
	for version, want := range map[string]string{
		"go1.26.8":                    "go1.26",
		"go1.26":                      "go1.26",
		"go1.26rc1":                   "go1.26",
		"go1.26.8 X:nogreenteagc":     "go1.26",
		"devel go1.28-0123456 Mon":    "go1.28",
		"devel +0123456 Mon":          "",
		"go1.26.8-custom":             "go1.26",
		"":                            "",
		"go2.1":                       "",
		"devel go1.27-abc X:nodwarf5": "go1.27",
	} {
		if got := releaseLine(version); got != want {
			t.Errorf("releaseLine(%q) = %q, want %q", version, got, want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = Compiled().Check()
	}
}
