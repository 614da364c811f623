package stackful

import (
	"reflect"
	"unsafe"
)

// giveClosure is the closure of a fast give function, as the assembly knows it.
type giveClosure struct {
	yieldClosure
	arrive nextClosure // what the stack is suspended in; its slow function returns what has been sent
}

// sendClosure is the closure of a fast send function, as the assembly knows it.
type sendClosure struct {
	nextClosure
	slot    unsafe.Pointer // where the value goes, with room for whole words
	partner *nextClosure   // of the give function that takes it
	arrive  nextClosure    // what the caller is suspended in
}

// SendEnds are the two ends of a generator that gets an In for each Out, as Ends are those of one that
// gets nothing: fields of the struct that holds the generator's Stack. They must not be copied.
// Where the values of both types are passed in integer registers, no frame lies between either
// function and its caller.
type SendEnds[In, Out any] struct {
	send sendClosure
	give giveClosure
}

// Send returns a function that stores its argument in *in, as a function of NewYield does, resumes s and
// returns what it gives, and true. slow is as for NewNext, and finds the argument in *in.
// Send must be called once, and before s runs.
func (e *SendEnds[In, Out]) Send(s *Stack, in *In, slow func() (Out, bool)) func(In) (Out, bool) {
	words := e.words()
	if !native {
		return newPortableSend(s, in, slow)
	}
	if words == 0 {
		ask := NewNext(s, slow)
		return func(v In) (Out, bool) {
			*in = v
			return ask()
		}
	}
	c := &e.send
	*c = sendClosure{
		nextClosure: nextClosure{code: sendCodes[words-1], s: s},
		slot:        unsafe.Pointer(in),
		partner:     &e.give.arrive,
		arrive:      nextClosure{s: s, slow: pointer(slow)},
	}
	c.slow = pointer(func(v In) (Out, bool) {
		*in = v
		return slow()
	})
	return *(*func(In) (Out, bool))(unsafe.Pointer(&c))
}

// Give returns a function that does what one of NewYield does for out, and returns *in, where
// the value is that the next Send of these ends has been called with. Where the fast path is not
// available it does what slow does. Give must be called once in the life of a stack.
func (e *SendEnds[In, Out]) Give(s *Stack, out *Out, in *In, slow func(Out) In) func(Out) In {
	if !native {
		return newPortableGive(s, out, in, slow)
	}
	if e.words() == 0 {
		yield := NewYield(s, out, func(v Out) bool {
			slow(v)
			return true
		})
		return func(v Out) In {
			yield(v)
			return *in
		}
	}
	_, words := passed(reflect.TypeFor[Out]())
	c := &e.give
	c.yieldClosure = yieldClosure{code: giveCodes[words-1], s: s, slot: unsafe.Pointer(out)}
	c.slow = pointer(slow)
	c.arrive.slow = pointer(func() In {
		Arrived()
		return *in
	})
	return *(*func(Out) In)(unsafe.Pointer(&c))
}

// words returns how many words an In has, 0 if the functions of e are not to be fast.
func (e *SendEnds[In, Out]) words() int {
	in, words := passed(reflect.TypeFor[In]())
	if out, _ := passed(reflect.TypeFor[Out]()); nextCode() == 0 || in != inRegisters || out != inRegisters {
		return 0
	}
	return words
}
