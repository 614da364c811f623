package stackful

import (
	"errors"
	"fmt"
	"runtime"
	"sort"
	"strings"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// init chooses the backend: what does not hold here leaves the portable one.
func init() {
	if err := startNative(); err != nil {
		portableReason = err.Error()
		return
	}
	native = true
}

// startNative verifies what the native backend assumes and prepares it.
func startNative() error {
	if !haveAssembly {
		return whyNoAssembly()
	}
	if !asm.KnownGo {
		return noTable()
	}
	if err := asm.Compiled().Check(); err != nil {
		return err
	}
	if active, how := asm.ShadowStack(); active {
		return fmt.Errorf("a user shadow stack is active (%s)", how)
	}
	if !findGoexit() {
		return errors.New("the bottom of a goroutine's stack is not as expected")
	}
	if !findDeferreturn() || !findRunEntry() {
		return errors.New("the function table is not as expected")
	}
	if id, top := asm.Goid(), goidgen(); top < id || top > id+1<<20 {
		return errors.New("the counter of goroutine ids is not where it was expected")
	}
	if !findScan() {
		return errors.New("the function table has no runtime.scanstack or runtime.systemstack")
	}
	bindAssembly()
	pool.start()
	sentinel = makeCarriers(1)[0]
	runtimepatch.Install(installHooks)
	return nil
}

// noTable is the refusal of a release or system that package asm does not know.
func noTable() error {
	return fmt.Errorf("no layout table for %s on %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// whyNoAssembly says which part of native_asm.go's build constraint this build does
// not satisfy. Under valgrind and runtimesecret a goroutine has state that belongs to
// its stack and that the switch does not know of.
func whyNoAssembly() error {
	switch {
	case portableTag:
		return errors.New("built with the tag stackful_portable")
	case !asm.KnownGo:
		return noTable()
	case strings.Contains(runtime.Version(), "runtimesecret"): // go1.26.8 X:runtimesecret
		return errors.New("built with GOEXPERIMENT=runtimesecret, which ties more state to a stack")
	}
	return errors.New("built with the tag valgrind, which ties more state to a stack")
}

// findGoexit finds the return address at the bottom of every goroutine.
func findGoexit() bool {
	found := make(chan uintptr)
	go func() {
		var pcs [16]uintptr
		n := runtime.Callers(0, pcs[:])
		found <- pcs[n-1]
	}()
	goexitPC = <-found
	f := runtime.FuncForPC(goexitPC)
	return f != nil && f.Name() == "runtime.goexit"
}

// findScan finds what scanStacks calls. The linker refuses references to both.
func findScan() bool {
	scanstackPC = findFunction("runtime.scanstack", "mgcmark.go", codeOf(runtime.GC))
	systemstackPC = findFunction("runtime.systemstack", "asm_"+runtime.GOARCH+".s", codeOf(gopark))
	return scanstackPC != 0 && systemstackPC != 0
}

// findFunction returns the entry of the function name from a file, and 0 if the program has none. It looks
// first at those around the one whose entry is near, as the linker keeps a package together.
func findFunction(name, file string, near uintptr) uintptr {
	is := func(pc uintptr) bool {
		f := runtime.FuncForPC(pc)
		if f == nil || f.Name() != name {
			return false
		}
		in, _ := f.FileLine(pc)
		return strings.HasSuffix(in, "/"+file)
	}
	for up, down := near, near; up != 0 || down != 0; up, down = entryAfter(up), entryOf(down-1) {
		switch {
		case is(up):
			return up
		case is(down):
			return down
		}
	}
	return 0
}

// functionAlign divides the address of each function.
const functionAlign = 16

// entryAfter returns the entry of the function that follows the one whose entry is pc; 0 if there is none.
func entryAfter(pc uintptr) uintptr {
	if pc == 0 {
		return 0
	}
	size := 1 // in units of functionAlign
	for entryOf(pc+uintptr(size)*functionAlign) == pc {
		size *= 2
	}
	size = sort.Search(size, func(n int) bool { return entryOf(pc+uintptr(n)*functionAlign) != pc })
	return entryOf(pc + uintptr(size)*functionAlign)
}

// entryOf returns the entry of the function that contains pc, 0 if none does.
func entryOf(pc uintptr) uintptr {
	f := runtime.FuncForPC(pc)
	if f == nil {
		return 0
	}
	return f.Entry()
}
