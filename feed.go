package stackful

import (
	"reflect"
	"unsafe"
)

// A feed is the one-sided use of a stack that generators make: whoever resumes
// it gets the next value from it, and yielding goes back to whoever resumed it
// last. Both could be written with Switch. Here they are as fast as the
// processor allows: a switch that ends in a return which was not called for,
// because the caller's side of the prediction was left behind, costs twice as
// much as one that does not. So Resume is inlined, and the function that
// NewYield returns is the assembly routine itself.

// A Feeder is the data (SetData) of a stack that is used with Resume.
type Feeder interface {
	// Resume is called where the fast way cannot be gone: the stack has not
	// started, is not suspended in a yield function of NewYield, or the
	// collector is marking. It resumes the stack by Resumed or another switch.
	Resume(more bool)
}

// Resume resumes s, which is suspended in the yield function that NewYield made
// for it; yield returns more there. It returns when s yields the next value or
// ends. If s is anywhere else, or cannot be resumed the fast way, the Resume
// method of its data is called, which must be a Feeder.
func (s *Stack) Resume(more bool) {
	resumeTo(s, more)
}

// resumeRefused is where the assembly goes when it does not resume s.
func resumeRefused(s *Stack, more bool) any {
	if s.loadOwner() != nil && !s.Owned() {
		misuse("Resume", ErrWrongGoroutine)
	}
	f, ok := s.data.(Feeder)
	if !ok {
		misuse("Resume", ErrNoFeeder)
	}
	f.Resume(more)
	return nil
}

// Resumed is the careful form of Resume, for a Feeder: it switches to s and
// notes the running stack as the one that s yields to. It panics as Switch does.
func (s *Stack) Resumed(more bool) any {
	return s.resumedBy("Resume", func() any { return s.Switch(yieldResult(more)) })
}

// ResumedPanic is Resumed with a panic, as SwitchPanic is to Switch.
func (s *Stack) ResumedPanic(v any) any {
	return s.resumedBy("ResumedPanic", func() any { return s.SwitchPanic(v) })
}

func (s *Stack) resumedBy(op string, resume func() any) any {
	switch {
	case s.loadOwner() == nil:
		misuse(op, ErrNotInitialized)
	case !s.Owned():
		misuse(op, ErrWrongGoroutine)
	}
	s.resumer = s.owner.running()
	returned := false
	defer func() {
		if !returned { // the switch was refused, or something was thrown in here: nobody waits for s now
			s.resumer = nil
		}
	}()
	v := resume()
	returned = true
	return v
}

// Resumer returns the stack that s is to yield to, nil if nobody waits for it.
func (s *Stack) Resumer() *Stack { return s.resumer }

// ForgetResumer makes nobody wait for s: it is for who did, by Resume or Resumed, and has been
// switched to by something else than s. It must be called on the goroutine of s.
func (s *Stack) ForgetResumer() { s.resumer = nil }

// Yielded is the careful form of yield, to be called on s: it goes back to
// whoever resumed s and returns what the next Resumed passes. Anything else that
// resumes s makes it return false. It panics with ErrNoResumer if nobody waits for
// s, because it was not resumed by Resume or Resumed, or has yielded since.
func (s *Stack) Yielded() (more bool) {
	to := s.resumer
	if to == nil {
		misuse("Yielded", ErrNoResumer)
	}
	s.resumer = nil
	result, _ := to.Switch(nil).(yieldResult)
	return bool(result)
}

// yieldResult is a value passed by Resumed.
type yieldResult bool

// yielder is the closure of a fast yield function, as the assembly knows it.
type yielder struct {
	code uintptr
	s    *Stack
	slot unsafe.Pointer // where the value goes, with room for a whole word
	slow unsafe.Pointer // the closure to call where the fast path is not available
}

// NewYield returns a function that stores its argument in *slot and goes back to
// whoever resumed s; see NewNext for when it need not be stored. Where the fast path is not
// available it does what slow does, maybe after the store. The store writes whole words: if V
// is narrower than one, nobody else may use the rest of the word that slot points to. The
// function must be called on s.
func NewYield[V any](s *Stack, slot *V, slow func(V) bool) func(V) bool {
	words := registerWords(reflect.TypeFor[V]())
	if yieldCode(words) == 0 {
		return slow
	}
	if words == 0 {
		// Not in integer registers: stored here, at the price of a return.
		again := func() bool { return slow(*slot) }
		y := &yielder{yieldCode(0), s, nil, *(*unsafe.Pointer)(unsafe.Pointer(&again))}
		give := *(*func() bool)(unsafe.Pointer(&y))
		return func(v V) bool {
			*slot = v
			return give()
		}
	}
	y := &yielder{yieldCode(words), s, unsafe.Pointer(slot), *(*unsafe.Pointer)(unsafe.Pointer(&slow))}
	return *(*func(V) bool)(unsafe.Pointer(&y))
}

// asker is the closure of a fast next function, as the assembly knows it.
type asker struct {
	code uintptr
	s    *Stack         // the stack that yields
	slow unsafe.Pointer // the closure to call where the fast way cannot be gone
	take unsafe.Pointer // the closure that gives the result where it did not come in registers
}

// NewNext returns a function that resumes s and returns what it yields, and true:
// in the registers in which the value was given to the function that NewYield
// made for s and the same V, without a store to its slot. Where that way cannot be
// gone it does what slow does. If something else than that yield resumes its
// caller, such as the end of s or a slow yield, the results are those of take.
func NewNext[V any](s *Stack, slow, take func() (V, bool)) func() (V, bool) {
	code := nextCode(registerWords(reflect.TypeFor[V]()))
	if code == 0 {
		return slow
	}
	a := &asker{code, s, *(*unsafe.Pointer)(unsafe.Pointer(&slow)), *(*unsafe.Pointer)(unsafe.Pointer(&take))}
	return *(*func() (V, bool))(unsafe.Pointer(&a))
}

// arriveNext is arrive for a stack that is suspended in a fast next function: the
// assembly calls the result's take closure in its place.
//
//go:norace
func arriveNext(s *Stack) *asker {
	a := s.asking
	s.asking = nil
	arrival(s.owner.arrived(s))
	return a
}

// maxWords is how many words a value that yield passes in registers can have. (With the
// bool of a next function there are nine integer registers on amd64.)
const maxWords = 8

// registerWords returns how many integer registers a value of type t is passed in, 0
// if it is passed otherwise. That of a struct are its words, one after the other, if each of
// them is a whole register; see "Function call argument and result passing" in
// cmd/compile/abi-internal.md.
func registerWords(t reflect.Type) int {
	if t.Kind() == reflect.Struct {
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
	}
	switch t.Kind() {
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
	more, _ := arrival(s.owner.arrived(s)).(yieldResult)
	return bool(more)
}
