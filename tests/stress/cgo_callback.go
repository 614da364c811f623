//go:build stresscgo

package main

// #include <stdint.h>
import "C"

import "runtime/cgo"

//export stressCallback
func stressCallback(id C.uintptr_t) { cgo.Handle(id).Value().(func())() }
