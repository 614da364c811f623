package stackful

import (
	"reflect"
	"unsafe"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// In a patched program iter.Pull in a task is a generator, too: files/iter.go.txt of cmd/stackful/internal/overlay.
// Package iter cannot name the types here, so it has the two ends made by how its values are passed: the bits of
// package runtimepatch, and from passedWords on their length in words.
const passedWords = 2 // as a shift

func init() {
	runtimepatch.Passed = howPassed
	runtimepatch.Ends = endsOf
	runtimepatch.Resume = resumeBriefly
}

func howPassed(of any) (how int) {
	class, words := passed(reflect.TypeOf(of).Elem())
	switch class {
	case inRegisters:
		how = runtimepatch.Split
	case inOthers:
		how = runtimepatch.Boxed
	}
	return how | words<<passedWords
}

// endsOf is Ends.Yield and Ends.Next for values that are boxed already, if they must be.
func endsOf(ends, stack unsafe.Pointer, how int, slot, slowYield, slowNext unsafe.Pointer) (yield, next unsafe.Pointer) {
	code, class, words := nextCode(), inMemory, how>>passedWords
	if code == 0 {
		return nil, nil
	}
	if how&runtimepatch.Split != 0 {
		class = inRegisters
	}
	e, s := (*Ends[uintptr])(ends), (*Stack)(stack) // all Ends have the same fields
	e.yield = yieldClosure{code: yieldCode(class, words), s: s, slot: slot, slow: slowYield, words: uintptr(words)}
	e.next = nextClosure{code: code, s: s, slow: slowNext}
	return unsafe.Pointer(&e.yield), unsafe.Pointer(&e.next)
}

// resumeBriefly is Resume(true) in one frame, as each is a return that is mispredicted. The caller owns the stack.
func resumeBriefly(stack unsafe.Pointer) {
	s := (*Stack)(stack)
	s.resumer = s.owner.running()
	returned := false
	defer s.forgetUnless(&returned)
	s.Switch(yieldResult(true))
	returned = true
}
