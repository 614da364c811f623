package stackful

import (
	"reflect"
	"strings"
	"unsafe"
)

// A generator is the one-sided use of a stack: the stack that resumes it gets the next value
// from it, and a yield goes back to that stack, the resumer. Both could be written with Switch.
// Here they are as fast as the processor allows. A return after a switch is mispredicted
// if the call that it belongs to was not the last one before the switch, and that costs twice as
// much as the switch; so the functions that NewYield and NewNext return are the assembly routines
// themselves, without a Go frame between them and their caller.

// Resume switches to s, which is a generator, and notes the running stack as its resumer:
// the stack to which s yields. If s is suspended in a yield, the yield returns more. Resume
// returns when s yields, or when something else switches to the running stack. It panics as Switch
// does, and then s has no resumer. It is the slow form of what NewNext returns.
func (s *Stack) Resume(more bool) any {
	s.noteResumer("Resume")
	returned := false
	defer s.forgetUnless(&returned)
	v := s.Switch(yieldResult(more))
	returned = true
	return v
}

// ResumePanic is Resume with a panic, as SwitchPanic is to Switch.
func (s *Stack) ResumePanic(v any) any {
	s.noteResumer("ResumePanic")
	returned := false
	defer s.forgetUnless(&returned)
	v = s.SwitchPanic(v)
	returned = true
	return v
}

// noteResumer makes the running stack the resumer of s.
func (s *Stack) noteResumer(op string) {
	switch {
	case s.loadOwner() == nil:
		misuse(op, ErrNotInitialized)
	case !s.Owned():
		misuse(op, ErrWrongGoroutine)
	}
	s.resumer = s.owner.running()
}

// forgetUnless leaves s without a resumer if a call of Resume or ResumePanic has not returned: the switch was
// refused, or something was thrown in there.
func (s *Stack) forgetUnless(returned *bool) {
	if !*returned {
		s.resumer = nil
	}
}

// Resumer returns the stack that s is to yield to, nil if there is none.
func (s *Stack) Resumer() *Stack { return s.resumer }

// ForgetResumer leaves s without a resumer. It is for the resumer itself, if something else than
// s has switched to it. It must be called on the goroutine of s.
func (s *Stack) ForgetResumer() { s.resumer = nil }

// Yielded is the slow form of yield, to be called on s: it goes back to the resumer of s
// and returns what the next Resume passes. Anything else that
// resumes s makes it return false. It panics with ErrNoResumer if s has no resumer:
// because it was not resumed by Resume or a function of NewNext, or has yielded since.
func (s *Stack) Yielded() (more bool) {
	to := s.resumer
	if to == nil {
		noResumer()
	}
	s.resumer = nil
	result, _ := to.Switch(nil).(yieldResult)
	return bool(result)
}

// noResumer is apart so that Yielded is inlined, and takes no room of its own while s is suspended.
//
//go:noinline
func noResumer() { misuse("Yielded", ErrNoResumer) }

// yieldResult is a value passed by Resume.
type yieldResult bool

// yieldClosure is the closure of a fast yield function, as the assembly knows it.
type yieldClosure struct {
	code  uintptr
	s     *Stack
	slot  unsafe.Pointer // where the value goes, with room for whole words
	slow  unsafe.Pointer // the closure to call where the fast path is not available
	words uintptr        // the length of a value that is passed in memory
}

// nextClosure is the closure of a fast next function, as the assembly knows it.
type nextClosure struct {
	code uintptr
	s    *Stack         // the stack that yields
	slow unsafe.Pointer // the closure to call where the fast path is not available, or where something else resumes the caller
}

// Ends are the two ends of a generator of values of type V: what the functions of NewYield and
// NewNext are made of. As a field of the struct that holds the generator's Stack they cost no
// allocations of their own. A generator needs its own Ends, which must not be copied.
type Ends[V any] struct {
	yield yieldClosure
	next  nextClosure
}

// NewYield returns a function that stores its argument in *slot and goes back to the resumer
// of s. Where the fast path is not available it does what slow does, maybe after the store. The
// store writes whole words: if V is narrower than one, the rest of the word that slot points to
// must not be in use. A value that a fast next function of s waits for need not be stored on its
// way. The function must be called on s.
func NewYield[V any](s *Stack, slot *V, slow func(V) bool) func(V) bool {
	return new(Ends[V]).Yield(s, slot, slow)
}

// Yield is NewYield, to be called once in the life of a stack.
func (e *Ends[V]) Yield(s *Stack, slot *V, slow func(V) bool) func(V) bool {
	y := &e.yield
	if y.code == 0 { // otherwise Next has chosen it
		class, words := passed(reflect.TypeFor[V]())
		y.choose(class, words)
		if y.code == 0 {
			return newPortableYield(s, slot, slow)
		}
		if class == inOthers {
			return e.yieldBoxed(s, slot, slow)
		}
	}
	y.s, y.slot, y.slow = s, unsafe.Pointer(slot), pointer(slow)
	return *(*func(V) bool)(unsafe.Pointer(&y))
}

// choose sets what the routine for values that are passed so needs to know, and leaves code 0 if there is none.
func (y *yieldClosure) choose(class passing, words int) {
	y.code, y.words = yieldCode(class, words), uintptr(words)
}

// yieldBoxed is Yield for values that are passed partly in other registers than those of integers.
func (e *Ends[V]) yieldBoxed(s *Stack, slot *V, slow func(V) bool) func(V) bool {
	y := &e.yield
	y.s, y.slot = s, unsafe.Pointer(slot)
	y.slow = pointer(func(v boxed[V]) bool { return slow(v.v) })
	give := *(*func(boxed[V]) bool)(unsafe.Pointer(&y))
	return func(v V) bool { return give(boxed[V]{v: v}) }
}

// NewNext returns a function that resumes s and returns what it yields, and true: without a
// frame in between, unless V is passed partly in other registers than those of integers. Where
// the fast path is not available it does what slow does. If something else than the function that
// NewYield made for s and the same V resumes its caller, such as the end of s or a slow yield, its
// results are those of slow, too. So slow must begin with a call of Arrived, unless s has never been
// started, and resume s only if that returns false. A fresh s is started with any value.
func NewNext[V any](s *Stack, slow func() (V, bool)) func() (V, bool) {
	return new(Ends[V]).Next(s, slow)
}

// Next is NewNext, to be called once.
func (e *Ends[V]) Next(s *Stack, slow func() (V, bool)) func() (V, bool) {
	code := nextCode()
	if code == 0 {
		return newPortableNext(s, slow)
	}
	a := &e.next
	*a = nextClosure{code: code, s: s}
	if class, words := passed(reflect.TypeFor[V]()); class != inOthers {
		e.yield.choose(class, words)
		a.slow = pointer(slow)
		return *(*func() (V, bool))(unsafe.Pointer(&a))
	}
	a.slow = pointer(func() (v boxed[V], ok bool) {
		v.v, ok = slow()
		return v, ok
	})
	ask := *(*func() (boxed[V], bool))(unsafe.Pointer(&a))
	return func() (V, bool) {
		v, ok := ask()
		return v.v, ok
	}
}

// Arrived is for the functions slow of NewNext and SendEnds.Send, which calls it first. It reports whether the
// caller of the next function has already resumed the stack that yields, and has itself
// been resumed since: then slow is to return what there is. If it was resumed by SwitchRun or SwitchPanic,
// Arrived makes the call, or panics.
//
//go:norace
func Arrived() bool {
	if nextCode() == 0 {
		return !native && arrivedPortable()
	}
	s := Current()
	if s.nextCall == nil { // only the assembly sets it, when it suspends s
		return false
	}
	s.nextCall = nil
	deliver(s.owner.takeTransfer(s))
	return true
}

// pointer returns the closure of a func value. (A variable whose address is taken, and which a closure
// refers to, would be allocated.)
func pointer[F any](f F) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&f)) }

// boxed is a V that is passed in memory, whatever V is: as all that contains an array of more
// than one element.
type boxed[V any] struct {
	v V
	_ [2]struct{}
}

// A Pair is a value of two parts, for a generator of pairs.
type Pair[K, V any] struct {
	K K
	V V
}

// SplitYield returns a function of NewYield's as one that takes the parts apart.
func SplitYield[K, V any](yield func(Pair[K, V]) bool) func(K, V) bool {
	if splits[K, V]() {
		return *(*func(K, V) bool)(unsafe.Pointer(&yield))
	}
	return func(k K, v V) bool { return yield(Pair[K, V]{k, v}) }
}

// SplitNext returns a function of NewNext's as one that returns the parts apart.
func SplitNext[K, V any](next func() (Pair[K, V], bool)) func() (K, V, bool) {
	if splits[K, V]() {
		return *(*func() (K, V, bool))(unsafe.Pointer(&next))
	}
	return func() (K, V, bool) {
		p, ok := next()
		return p.K, p.V, ok
	}
}

// splits reports whether the parts of a Pair are passed in the registers that the whole is
// passed in: then a function of the one is one of the other.
func splits[K, V any]() bool {
	return nextCode() != 0 && registerWords(reflect.TypeFor[Pair[K, V]]()) != 0
}

// A passing says how a value is passed to a function that has no other argument.
type passing int

const (
	inRegisters passing = iota // as words in integer registers, maxWords at most
	inMemory                   // in the caller's frame
	inOthers                   // otherwise
)

// passed returns how a value of type t is passed, and its length in words. A result of type t that
// comes first is returned in the same way. See "Function call argument and result passing" in
// cmd/compile/abi-internal.md.
func passed(t reflect.Type) (class passing, words int) {
	if words = registerWords(t); words != 0 {
		return inRegisters, words
	}
	words = int((t.Size() + unsafe.Sizeof(uintptr(0)) - 1) / unsafe.Sizeof(uintptr(0)))
	if words == 0 || hasArray(t) && !hasVector(t) {
		return inMemory, words
	}
	return inOthers, words
}

// hasArray reports whether a value of type t contains an array of more than one element: then
// the whole is passed in memory. So are values that take more registers than there are, which
// depends on the processor, and which it does not report.
func hasArray(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() > 1 || t.Len() == 1 && hasArray(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasArray(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// hasVector reports whether a value of type t contains one of package simd (GOEXPERIMENT=simd), which is
// passed in a vector register although it looks like a struct with an array.
func hasVector(t reflect.Type) bool {
	if p := t.PkgPath(); p == "simd" || strings.HasPrefix(p, "simd/") {
		return true
	}
	switch t.Kind() {
	case reflect.Array:
		return hasVector(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasVector(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// maxWords is how many words a value that yield passes in registers can have. (With the
// bool of a next function there are nine integer registers on amd64.)
const maxWords = 8

// registerWords returns how many integer registers a value of type t is passed in, 0
// if it is passed otherwise. That of a struct are its words, one after the other, if each of
// them is a whole register.
func registerWords(t reflect.Type) int {
	switch t.Kind() {
	case reflect.Struct:
		words := 0
		for i := range t.NumField() {
			f := t.Field(i)
			n := registerWords(f.Type)
			if n == 0 || f.Type.Size() != uintptr(n)*unsafe.Sizeof(uintptr(0)) || f.Name == "_" {
				return 0
			}
			if words += n; words > maxWords {
				return 0
			}
		}
		return words
	case reflect.Bool, reflect.Uintptr, reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return 1
	case reflect.String, reflect.Interface:
		return 2
	case reflect.Slice:
		return 3
	}
	return 0
}

// arriveYield is arrive for a stack that is suspended in a fast yield function:
// what it returns is the yield function's result.
//
//go:norace
func arriveYield(s *Stack) bool {
	more, _ := deliver(s.owner.takeTransfer(s)).(yieldResult)
	return bool(more)
}
