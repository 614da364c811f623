// Package closure puts func values into structs, so that those which belong together cost
// one allocation.
package closure

import "unsafe"

//lint:file-ignore U1000 Place writes the fields of a Room, and the compiler's code reads them

// A Room is room for a func value, which then lasts as long as the struct that the Room is in.
type Room struct {
	code     uintptr
	captured unsafe.Pointer
	dict     uintptr // of the instance, which is static data
}

// Place returns f as a func value that is in r. It overwrites the one that was there, which may be
// running: a function reads what it refers to when it is entered. f must be a function literal, written in a
// generic function or method, that refers to one variable, a pointer which is never assigned again. The literal
// itself then stays on the caller's stack.
func Place[F any](r *Room, f F) F {
	*r = **(**Room)(unsafe.Pointer(&f))
	return *(*F)(unsafe.Pointer(&r))
}
