//go:build !cgo

package sched

// seesDeadlocks says that the Go runtime ends a process whose goroutines all wait. It does not where
// C code is linked, as package net has it: threads of C may come back.
const seesDeadlocks = true
