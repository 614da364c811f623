//go:build cgo

package cgo

// #include <stdint.h>
import "C"

import "runtime/cgo"

//export goCallback
func goCallback(id C.uintptr_t) { cgo.Handle(id).Value().(func())() }
